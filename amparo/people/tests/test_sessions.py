"""Sessions as they are read: what was signed, and nothing else."""

from __future__ import annotations

from amparo.people import sessions
from amparo.people.sessions import SessionStore


def test_what_was_kept_is_read_again_and_no_reader_changes_anothers():
    store = SessionStore()
    signed = store.encode({"method": ["mfa"], "n": 1})
    first = store.decode(signed)
    first["method"].append("more")
    assert store.decode(signed) == {"method": ["mfa"], "n": 1}


def test_what_was_altered_is_empty():
    """SEC-5"""
    store = SessionStore()
    signed = store.encode({"n": 1})
    assert store.decode(signed)
    assert store.decode(signed[:-2] + "xx") == {} and store.decode("") == {} and store.decode("a:b:c") == {}
    assert sessions._verified.cache_info().maxsize == 2048
