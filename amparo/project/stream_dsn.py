"""The address for LISTEN: a connection of its own, never through a pool that shares between transactions."""

from __future__ import annotations

import os

import psycopg
from django.db import connection


def listen_dsn() -> str:
    given = os.environ.get("AMPARO_LISTEN_URL")
    if given:
        return given
    db = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=db["NAME"], user=db["USER"], password=db["PASSWORD"], host=db["HOST"], port=db["PORT"]
    )
