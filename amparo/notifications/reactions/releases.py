"""From facts of releases to notices: a new version by choice, a withdrawn one to exactly those who have it, how developments fare. UPD-2, QUO-7."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from amparo.downloads import queries
from amparo.downloads.models import Download, Publication
from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.people.models import User
from amparo.people.queries import recipients
from amparo.products.models import Licence, Release
from amparo.products.queries import is_current
from amparo.quotations.access import WORKING
from amparo.quotations.models import ServiceOrder
from amparo.quotations.queries import developments

from .. import commands, readers
from ..commands import Reader, Words
from .shared import moment

Writing = Callable[[Reader], Words]


def _publication(fact: FactRow) -> Publication | None:
    kind, _sep, number = fact.subject.partition(":")
    if kind != "release" or not number.isdecimal():
        return None
    return Publication.objects.select_related("release__product").filter(release_id=int(number)).first()


def _page(publication: Publication) -> str:
    return f"/downloads/releases/{publication.release_id}/"


def _tell(kind: str, fact: FactRow, people: Iterable[Reader], write: Writing, *, customer_id: int | None = None, at: Any = None) -> None:
    told = []
    for reader in people:
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=customer_id, fact_id=fact.id, at=at or moment(fact))


def _contacts(customer_id: int) -> list[Reader]:
    return [Reader(one.user_id, one.language, one.time_zone) for one in recipients(customer_id)]


def published(fact: FactRow) -> None:
    """Tell the contacts of customers who have the product of a new stable version that they may know of; each chose whether. UPD-2."""
    publication = _publication(fact)
    if publication is None or publication.channel != "stable" or not publication.is_offered or publication.audience == "staff":
        return

    def write(reader: Reader) -> Words:
        release = publication.release
        title = _("New version: %(product)s %(version)s") % {"product": release.product.name, "version": release.version}
        paragraphs = [excerpt(publication.notes_en if reader.language.startswith("en") and publication.notes_en else publication.notes, 500)]
        if publication.is_critical:
            paragraphs.insert(0, _("It is critical: install it now."))
        return Words(title=title, url=_page(publication), paragraphs=tuple(paragraphs), action=_("See whether it is included"))

    for customer_id in sorted(_who_may_know(publication, fact)):
        _tell("release", fact, _contacts(customer_id), write, customer_id=customer_id)


def _who_may_know(publication: Publication, fact: FactRow) -> set[int]:
    customers = queries.customers_with(publication.release.product_id)
    if publication.audience == "covered":
        return set(queries.covered_among(customers, at=moment(fact)))
    if publication.audience == "licensed":
        held = Licence.objects.select_related("installed").filter(product=publication.release.product_id, withdrawn_at__isnull=True)
        return {licence.customer_id for licence in held if is_current(licence, moment(fact))}
    return customers


def yanked(fact: FactRow) -> None:
    """Tell exactly those who took a withdrawn version, and those whose installation runs it; and staff of whom to look after. UPD-2."""
    publication = _publication(fact)
    if publication is None:
        return
    took: dict[int | None, set[int]] = {}
    for user_id, customer_id in Download.objects.filter(publication=publication, user_id__isnull=False).values_list("user_id", "customer_id"):
        took.setdefault(customer_id, set()).add(user_id)
    for customer_id in queries.customers_running(publication):
        took.setdefault(customer_id, set()).update(one.user_id for one in recipients(customer_id))
    for number, users in took.items():
        _tell("release_withdrawn", fact, _people(users), _withdrawn(publication), customer_id=number)
    if not fact.data.get("tasks"):
        return

    def write(reader: Reader) -> Words:
        n = int(fact.data["tasks"])
        text = ngettext("%(n)s customer with a contract has it.", "%(n)s customers with a contract have it.", n) % {"n": n}
        return Words(title=_("Withdrawn: %(what)s") % {"what": _what(publication)}, url="/desk/downloads/recalls/",
                     paragraphs=(publication.yank_reason, text), action=_("Look after them"))  # fmt: skip

    _tell("recall", fact, readers.staff("operator", "engineer", "administrator"), write)


def taken_late(fact: FactRow) -> None:
    """Tell whoever got the last octet just after the version was withdrawn. UPD-2."""
    publication = _publication(fact)
    if publication is None:
        return
    user_id, customer_id = fact.data.get("user"), fact.customer_id
    people = _people({user_id}) if user_id else _contacts(customer_id) if customer_id else []
    _tell("release_withdrawn", fact, people, _withdrawn(publication), customer_id=customer_id)


def _people(user_ids: set[int]) -> list[Reader]:
    found = User.objects.filter(pk__in=user_ids, is_active=True).order_by("pk")
    return [Reader(user.pk, user.language, user.time_zone) for user in found]


def _what(publication: Publication) -> str:
    return f"{publication.release.product.name} {publication.release.version}"


def _withdrawn(publication: Publication) -> Writing:
    def write(reader: Reader) -> Words:
        return Words(
            title=_("Withdrawn: %(what)s") % {"what": _what(publication)}, url=_page(publication),
            paragraphs=(_("You downloaded this version or have it installed. It is not given out any more:"), publication.yank_reason),
            action=_("See what to do"),
        )  # fmt: skip

    return write


def shared(fact: FactRow) -> None:
    """Tell staff that a download link is used by others. SEC-25."""
    publication = _publication(fact)
    if publication is None:
        return

    def write(reader: Reader) -> Words:
        return Words(title=_("A download link is passed on: %(file)s") % {"file": fact.data["file"]}, url="/desk/downloads/shared/",
                     paragraphs=(_("It gave nothing to others."),), action=_("See the links"))  # fmt: skip

    _tell("link_shared", fact, readers.staff("developer", "administrator"), write)


def checks_due(fact: FactRow) -> None:
    """Tell staff which developments are to be looked at before a version becomes current. QUO-7."""
    publication = _publication(fact)
    release = publication.release if publication else None
    if release is None or release.is_current:
        return
    count = sum(not row.verdict for row in developments(release))
    if not count:
        return

    def write(reader: Reader) -> Words:
        text = ngettext("%(n)s development is to be looked at.", "%(n)s developments are to be looked at.", count) % {"n": count}
        return Words(title=_("Before it becomes current: %(what)s") % {"what": f"{release.product.name} {release.version}"},
                     url=f"/desk/quotations/releases/{release.pk}/", paragraphs=(text,), action=_("Look at them"))  # fmt: skip

    _tell("release_checks", fact, readers.staff(*WORKING), write)


def development_judged(fact: FactRow) -> None:
    """Tell a customer how his development fares with a version that is about to become current. QUO-7."""
    kind, _sep, number = fact.subject.partition(":")
    order = ServiceOrder.objects.select_related("thread").filter(pk=int(number)).first() if kind == "order" and number.isdecimal() else None
    release = Release.objects.select_related("product").filter(pk=int(fact.data["release"])).first()
    matter = readers.matter_of(order.thread.subject) if order else None
    if order is None or release is None or matter is None:
        return

    def write(reader: Reader) -> Words:
        verdict = {
            "fits": pgettext("development", "It works with it as it is."),
            "adapted": pgettext("development", "It was adapted and works with it."),
            "breaks": pgettext("development", "It does not work with it: do not update before we have spoken."),
        }[fact.data["verdict"]]
        title = _("Your development with %(product)s %(version)s: %(title)s") % {"product": release.product.name, "version": release.version, "title": order.title}
        words = str(fact.data.get("words") or "")
        return Words(title=title, url=f"/quotations/orders/{order.pk}/", paragraphs=(verdict, words) if words else (verdict,), action=_("See the order"))

    _tell("compatibility", fact, readers.who_decides(matter), write, customer_id=order.customer_id)
