"""What is told of agreements: the copy of what was accepted, and a version that services will ask for. AGR-1."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.agreements import queries
from amparo.agreements.models import Acceptance, AgreementVersion
from amparo.history.queries import FactRow
from amparo.people.queries import Recipient, recipients
from amparo.policies.queries import value
from amparo.ui import formats

from .. import commands
from ..commands import Reader, Words
from .shared import moment


def accepted(fact: FactRow) -> None:
    """Send the copy of an accepted agreement to who accepted it and to the company's administrators. AGR-1."""
    said = Acceptance.objects.select_related("version__agreement", "customer").filter(pk=fact.data["acceptance"]).first()
    if said is None:
        return
    told = []
    for one in recipients(said.customer_id):
        if one.user_id == said.user_id or one.company_role == "administrator":
            with translation.override(one.language):
                told.append((_reader(one), _copy(said, one)))
    commands.tell(
        "agreement", told, subject=fact.subject, customer_id=said.customer_id, fact_id=fact.id, at=moment(fact)
    )


def _copy(said: Acceptance, one: Recipient) -> Words:
    title = said.version.title_in(one.language)
    return Words(
        title=_("Copy: %(title)s, version %(number)s") % {"title": title, "number": said.version.number},
        url="/agreements/mine/",
        paragraphs=(
            _("It is on record that %(name)s accepted this document for %(company)s.")
            % {"name": said.person_name, "company": said.customer.name},
        ),
        figures=(
            (_("In the capacity of"), said.capacity),
            (_("When"), formats.moment_full(said.accepted_at, zone=_zone(one))),
            (_("How"), said.how_shown),
            (_("Fingerprint of the text"), said.text_hash),
        ),
        action=_("See what we accepted"),
        papers=((f"{said.version.agreement.code}-{said.version.number}.pdf", said.subject),),
    )


def published(fact: FactRow) -> None:
    """Tell the administrators of who accepted an earlier version that a new one will be asked for. AGR-1.

    Only where services ask for the document, and the setting says so.
    """
    version = AgreementVersion.objects.select_related("agreement").filter(pk=fact.data["version_id"]).first()
    at = moment(fact)
    if version is None or version.starts_at is None or not value("agreements.tell_new_version", at=at):
        return
    if not queries.is_asked(version, max(at, version.starts_at)):
        return
    for customer_id in queries.customers_to_tell(version):
        told = []
        for one in recipients(customer_id):
            if one.company_role == "administrator":
                with translation.override(one.language):
                    told.append((_reader(one), _coming(version, version.starts_at, one)))
        commands.tell(
            "agreement_new", told, subject=fact.subject, customer_id=customer_id, fact_id=fact.id, at=at
        )


def _coming(version: AgreementVersion, starts_at: datetime, one: Recipient) -> Words:
    code, number = version.agreement.code, version.number
    changes = version.changes_in(one.language)
    return Words(
        title=_("New version of «%(title)s»") % {"title": version.title_in(one.language)},
        url=f"/agreements/{code}/{number}/",
        paragraphs=tuple(text for text in (
            changes,
            _("When something new begins after that day, we ask you once to accept it. What is under way goes on as it is."),
        ) if text),
        figures=((_("In force from"), formats.moment_full(starts_at, zone=_zone(one))),),
        action=_("Read it"),
    )  # fmt: skip


def _reader(one: Recipient) -> Reader:
    return Reader(one.user_id, one.language, one.time_zone)


def _zone(one: Recipient) -> ZoneInfo:
    return ZoneInfo(one.time_zone or settings.TIME_ZONE)
