"""What the views of remote sessions share: a session or a case that the reader may see."""

from __future__ import annotations

import contextlib
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from amparo.cases import access as cases
from amparo.cases.models import Case
from amparo.media import rooms
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.remote import access, queries
from amparo.remote.machine import Way
from amparo.remote.models import Session


def loaded(request: HttpRequest, session_id: int) -> Session:
    """Return a session that the reader may see. 404 for any other."""
    rows: Any = access.visible_to(request.actor).select_related("case__thread", "case__customer", "engineer")
    return get_object_or_404(rows, pk=session_id)


def loaded_case(request: HttpRequest, case_id: int) -> Case:
    """Return a case that the reader may see. 404 for any other."""
    return get_object_or_404(cases.visible_to(request.actor).select_related("thread"), pk=case_id)


def close_room(request: HttpRequest, session: Session) -> None:
    """Close the room of a screen that a browser shared, so that nothing is seen after the end whatever a page does. SEC-40."""
    if session.way == Way.BROWSER:
        with contextlib.suppress(GatewayAway, GatewayRefused):  # its tokens end by themselves, and nobody sends any more
            rooms.end(queries.room_of(session), at=request.now)
