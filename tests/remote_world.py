"""A case in attention and an engineer who is signed in, over the running broker: what tests of remote sessions share."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import close_old_connections
from django.utils import timezone

from amparo.cases.models import Case
from amparo.conftest import make_contact, make_customer, make_staff
from amparo.kernel.actor import Actor
from amparo.remote import commands
from amparo.remote.broker.sockets import viewer_token
from amparo.remote.models import Session
from amparo.remote.tests.world import a_case

from .remote_line import Line
from .test_stream import session_of


class Scene:
    """The people and the case; everything here asks the database and runs in a thread."""

    def __init__(self, url: str, stream_url: str) -> None:
        self.origin = url
        self.broker = f"ws{stream_url[4:].removesuffix('/events')}"
        self.engineer: Actor = make_staff("Elena Ingeniera", "engineer")
        self.contact: Actor = make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero")
        self.case: Case = a_case(self.contact, self.engineer, at=timezone.now())
        self.session_key = session_of(self.engineer)

    @property
    def helper_url(self) -> str:
        return f"{self.broker}/remote/helper"

    @property
    def viewer_url(self) -> str:
        return f"{self.broker}/remote/viewer"

    def offer(self, mode: str = "control") -> commands.Offer:
        try:
            return commands.offer(self.case, mode=mode, key=uuid4().hex, actor=self.engineer, at=timezone.now())
        finally:
            close_old_connections()

    def first(self, session: Session, **more: Any) -> dict[str, Any]:
        return {"session": session.pk, "token": viewer_token(session, self.engineer), "page": "p1", **more}

    async def viewer(self, session: Session, **more: Any) -> Line:
        line = await Line.open(self.viewer_url, origin=self.origin, cookie=f"amparo={self.session_key}")
        await line.say("view", **self.first(session, **more))
        return line
