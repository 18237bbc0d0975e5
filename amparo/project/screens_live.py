"""The live pages among the photographs: a chat, a call that rings, the board, a remote session, a class.

What stands on these pages is made by the commands, as in the rest of the demonstration. What would come from other
programs while somebody looks (the picture of a customer's screen, cameras) is drawn, so that the photographs need none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amparo.kernel.refusals import Refusal

ROOM = Path(__file__).with_name("screens_room.js")
TEACHER, STUDENT = "elena", "lupita"
TITLE = "Descuentos por volumen en caja"
REPLIES = 12  # octets: the longest answer of a viewer before it asks for a picture


@dataclass(frozen=True, slots=True)
class Live:
    """What goes on while the photographs are taken."""

    chat: int
    watched: int
    offered: str
    replayed: int
    live_class: int
    caller: int


def stage(at: datetime) -> Live:
    """Let a chat, a call, two remote sessions and a class go on at this moment; again is the same."""
    from amparo.chat.models import Chat
    from amparo.remote.models import Session

    watched, offered = _sessions(at)
    replayed = Session.objects.filter(state="ended", chunks__gt=0).earliest("pk").pk
    return Live(Chat.objects.filter(state="open").latest("pk").pk, watched, offered, replayed, _class(at), _call(at))


def _actor(local: str) -> Any:
    from amparo.people.models import User
    from amparo.people.queries import actor_by_id

    return actor_by_id(User.objects.get(email__startswith=f"{local}@").pk)


def _sessions(at: datetime) -> tuple[int, str]:
    """One that runs since four minutes, and the code of one that is offered."""
    from amparo.cases.models import Case
    from amparo.remote import commands, queries
    from amparo.remote.commands.shared import pepper
    from amparo.remote.models import Session
    from amparo.remote.rules.codes import code_of

    known = {one.state: one for one in Session.objects.filter(key="screens")}
    if {"running", "offered"} <= known.keys():
        return known["running"].pk, code_of(known["offered"].public_id, pepper())
    elena, made = _actor(TEACHER), []
    for case in Case.objects.filter(state="attention", kind="incident", clock_since__isnull=True, consent_at__lt=at - timedelta(minutes=15)).order_by("clock_seconds", "-pk"):
        try:
            made.append(commands.offer(case, mode="control", key="screens", actor=elena, at=at - timedelta(minutes=5)))
        except Refusal:
            continue
        if len(made) == 2:
            break
    first, second = made
    session = commands.join(first.code, address="203.0.113.20", resume="screens", system="windows", helper="1.0.0", can=("view", "control", "clipboard"), at=at)
    session = commands.consent(session, mode="control", shown=queries.asked_of(session, at=at)["sentence"], at=at)
    return commands.begin(session, actor=elena, at=at - timedelta(minutes=4)).pk, second.code


def _class(at: datetime) -> int:
    """An hour of a customer, under way: somebody waits, somebody has the floor, somebody raises a hand."""
    from amparo.classroom import commands
    from amparo.classroom.models import LiveClass
    from amparo.classroom.rules.notices import JOINED, Notice
    from amparo.people.models import Customer

    teacher, people = _actor(TEACHER), [_actor(local) for local in (STUDENT, "marcos", "olga")]
    begins = at - timedelta(minutes=24)
    customer = Customer.objects.get(pk=people[0].customer_id)
    if found := LiveClass.objects.filter(key="screens", state="running").first():
        return int(found.pk)
    for asked in LiveClass.objects.filter(state="proposed", customer=customer):
        commands.cancel(asked, reason="", actor=teacher, at=begins)
    made = commands.plan_hour(customer, TITLE, begins, minutes=60, people=5, recorded=True, key="screens", actor=teacher, at=begins)
    commands.agree(made, actor=people[0], at=begins)
    commands.start(made, actor=teacher, at=begins)
    own = commands.enter(made, actor=teacher, at=begins)
    lupita, marcos, _olga = (commands.enter(made, actor=one, at=at - timedelta(minutes=20)) for one in people)
    for place in (lupita, marcos):
        commands.admit(place, actor=teacher, at=at)
    came = [Notice(JOINED, at, made.room, place.word, handle=f"screens.{place.pk}") for place in (own, lupita, marcos)]
    commands.note(came, lambda *_words: True, at=at)
    commands.give_floor(lupita, actor=teacher, at=at)
    commands.raise_hand(made, actor=people[1], at=at)
    commands.say(made, "¿El descuento se ve también en el ticket?", key="screens-1", actor=people[1], at=at - timedelta(minutes=3))
    commands.say(made, "Sí, en una línea aparte. Lo muestro ahora.", key="screens-2", actor=teacher, at=at - timedelta(minutes=2))
    return int(made.pk)


def _call(at: datetime) -> int:
    """A customer whom we know rings at an extension since some seconds."""
    from amparo.live import commands, rules
    from amparo.live.models import Exchange
    from amparo.people.models import Customer

    caller = Customer.objects.filter(phone__startswith="+52", name="Ferretería Sur").first() or Customer.objects.filter(phone__startswith="+52").earliest("pk")
    moment = at - timedelta(seconds=7)
    event = rules.Event("screens-1", "screens", "ringing", moment, "in", caller.phone, "", "700", "101")
    commands.take_event(Exchange.objects.earliest("pk"), event, at=moment)
    return int(caller.pk)


def enter_code(code: str) -> Callable[[Any], None]:
    """Return what the customer does on the short page."""

    def act(tab: Any) -> None:
        tab.fill("#code", code)
        tab.press("#code", "Enter")
        tab.wait_for_load_state("load")

    return act


def far_screen(tab: Any) -> None:
    """Be the broker of a session that runs: say how it stands, then show the drawn screen of a till."""
    from .demo import screens

    standing = {"type": "state", "state": "running", "mode": "control", "asked": "control", "clipboard": False, "can": ["view", "control", "clipboard"],
                "system": "windows", "helper": True, "running": True, "paused": False, "question": ""}  # fmt: skip
    told = (standing, {"type": "start", "mode": "control", "segment": 1}, {"type": "clock", "seconds": 252, "limit": 1800, "running": True})

    picture = screens.update("Servicios › Cola de impresión: en ejecución", "", (520, 410))

    def answer(line: Any) -> None:
        def heard(message: str | bytes) -> None:
            if isinstance(message, bytes):
                if len(message) > REPLIES:  # what it can draw, and that it wants to
                    line.send(picture)
            elif json.loads(message)["type"] == "view":
                for one in told:
                    line.send(json.dumps(one))
                line.send(screens.greeting())
                line.send(picture)  # what was said before it is read only when something follows

        line.on_message(heard)

    tab.route_web_socket("**/remote/viewer", answer)


def far_screen_drawn(tab: Any) -> None:
    """Wait for the first picture of the far screen."""
    tab.wait_for_selector("[data-screen] canvas", timeout=60_000)
    tab.wait_for_timeout(500)


def in_class(tab: Any) -> None:
    """Be the gateway of a class: everybody who is inside shows a drawn picture, the instructor a screen too."""
    from .demo import screens

    shown = screens.drawn("3 o más: 10 % por artículo", "", (640, 400))
    access = {"place": "admitted", "state": "running", "session": {"url": ""}, "room": {"may_publish": True, "may_share": True}}
    tab.route("**/janus-room*.js", lambda route: route.fulfill(path=ROOM, content_type="text/javascript"))
    tab.route("**/drawn-screen.jpg", lambda route: route.fulfill(body=shown, content_type="image/jpeg"))
    tab.route("**/classroom/*/enter/", lambda route: route.fulfill(json=access))


def step_inside(tab: Any) -> None:
    """Press «enter», and wait for the pictures."""
    tab.click("[data-enter]")
    tab.wait_for_selector("[data-tile=camera-2]", timeout=60_000)
    tab.wait_for_timeout(1500)  # the first pictures


def played(tab: Any) -> None:
    """Go to where the screen shows something in a recording."""
    tab.wait_for_selector("[data-player-screen] canvas", timeout=60_000)
    tab.evaluate("() => { const seek = document.querySelector('[data-player-seek]'); seek.value = 20000; seek.dispatchEvent(new Event('input')); seek.dispatchEvent(new Event('change')); }")
    tab.wait_for_timeout(1500)
