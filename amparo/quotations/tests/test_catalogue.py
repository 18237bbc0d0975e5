"""The catalogue: proved before it is kept, never changed once published, quoted at once. QUO-2, CHG-2, CHG-8."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from amparo.charging.models import Charge
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.deadlines.queries import service_calendar
from amparo.deadlines.rules import add_business_days
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.quotations import commands, queries
from amparo.quotations.errors import (
    DeclarationInvalid,
    FormulaWrong,
    ItemFixed,
    NotInCatalogue,
    ParameterInvalid,
)
from amparo.quotations.models import CatalogueItem, ItemVersion, Quote
from amparo.quotations.rules.catalogue import TariffLine, Terms, values_from

from .world import (
    HOURS,
    PEOPLE,
    TERMINALS,
    URGENT,
    formula_terms,
    fresh,
    install_terms,
    item,
    key,
    left,
    thread_for,
)

TEXTS = {"name_es": "Importar catálogo", "name_en": "Import"}


@pytest.mark.parametrize(
    ("terms", "field", "column"),
    [
        (formula_terms("100 / (terminals - 4)"), "formula", 5),
        (formula_terms("4 + salarios"), "formula", 5),
        (formula_terms("terminals * 9999999 * 9999999"), "formula", 21),
        (formula_terms("terminals - 1"), "formula", 11),
        (formula_terms("import os"), "formula", 8),
        (formula_terms(days="0"), "days", 1),
        (formula_terms(days="terminals * 100"), "days", 11),
        (Terms((TERMINALS,), "tariff", lines=(TariffLine("technical_hour", "terminals - 60"),), days="1"), "lines", 11),
    ],
)
def test_a_formula_that_cannot_be_trusted_is_refused_when_saved_with_its_place(administrator, terms, field, column):
    """QUO-2: divides by zero, overflows, names nothing: refused, with the field and the column."""
    with pytest.raises(FormulaWrong) as refused:
        commands.add_item("general", texts=TEXTS, terms=terms, actor=administrator, at=NOON)
    assert (refused.value.field, refused.value.column) == (field, column)
    assert not CatalogueItem.objects.exists()


@pytest.mark.parametrize(
    "parameters",
    [
        (replace(TERMINALS, name="if"),), (replace(TERMINALS, name="1x"),), (replace(TERMINALS, name="Ñandú"),), (TERMINALS, TERMINALS),
        (replace(TERMINALS, minimum=9, maximum=3),), (replace(TERMINALS, default=99),), (replace(TERMINALS, label_es="", label_en=""),),
        (replace(TERMINALS, kind="text"),), (replace(TERMINALS, maximum=10**9),),
        tuple(replace(TERMINALS, name=f"p{n}") for n in range(13)),
    ],
)  # fmt: skip
def test_parameters_are_declared_whole_or_refused(administrator, parameters):
    """QUO-2"""
    with pytest.raises(DeclarationInvalid):
        commands.add_item("general", texts=TEXTS, terms=Terms(parameters=parameters, credits=4), actor=administrator, at=NOON)


def test_a_published_version_never_changes(administrator):
    """QUO-2: once used in a quote never changed."""
    version = item(administrator)
    with pytest.raises(ItemFixed):
        commands.revise_version(version, texts=TEXTS, terms=formula_terms("5"), actor=administrator, at=NOON)
    with pytest.raises(ItemFixed):
        commands.discard_version(version, actor=administrator, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemVersion.objects.filter(pk=version.pk).update(formula="1")
    with pytest.raises(DatabaseError), transaction.atomic():
        ItemVersion.objects.filter(pk=version.pk).delete()


def test_a_new_version_takes_over_and_the_quote_keeps_its_terms(contract, contact, administrator, facts):
    """QUO-2"""
    first = item(administrator)
    quote = commands.quote_item(first, {"terminals": 4}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)
    draft = commands.draft_version(first.item, actor=administrator, at=NOON)
    assert commands.draft_version(first.item, actor=administrator, at=NOON) == draft and draft.number == 2
    commands.revise_version(draft, texts=TEXTS, terms=formula_terms("20 * terminals"), seen=0, actor=administrator, at=NOON)
    with pytest.raises(Stale):
        commands.revise_version(draft, texts=TEXTS, terms=formula_terms("5"), seen=0, actor=administrator, at=NOON)
    commands.publish_version(draft, actor=administrator, at=NOON)
    assert fresh(first.item).current_id == draft.pk
    with pytest.raises(NotInCatalogue):
        commands.quote_item(first, {}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)
    order = commands.accept_quote(fresh(quote), seen=1, actor=contact, at=NOON)
    assert order.told == {"credit": 12} and left(contact.customer_id)["credit"] == 8
    assert facts(first.item) == ["item.added", "item.published", "item.drafted", "item.revised", "item.published"]


def test_a_standard_service_is_quoted_at_once_and_consumes_nothing(contract, contact, administrator, facts):
    """QUO-2, CHG-2"""
    version = item(administrator)
    found = queries.quoted(version, {"terminals": "4", "urgent": "on"}, customer_id=contact.customer_id, language="es", at=NOON)
    assert found.price.cost == [("credit", 17)] and found.days == 1 and not Quote.objects.exists()
    assert found.due_at == add_business_days(service_calendar(), NOON, 1)
    quote = commands.quote_item(version, {"terminals": 4, "urgent": "on"}, thread=thread_for(contact), key="a", actor=contact, at=NOON)
    again = commands.quote_item(version, {"terminals": 4, "urgent": "on"}, thread=quote.thread, key="a", actor=contact, at=NOON)
    assert again == quote and quote.state == "presented" and facts(quote) == ["quote.presented"]
    assert left(contact.customer_id) == {"event": 5, "incident": 3, "credit": 20} and not Charge.objects.exclude(state="proposed").exists()
    assert "Terminales: 4" in quote.versions.get().lines[0]["text"]


def test_accepting_gives_the_delivery_time_that_was_shown(contract, contact, administrator):
    """QUO-2: accepting gives the exact delivery time."""
    version = item(administrator)
    quote = commands.quote_item(version, {"terminals": 4}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    shown = queries.quoted(version, {"terminals": 4}, customer_id=contact.customer_id, language="es", at=NOON)
    assert order.due_at == shown.due_at and order.business_days == 3


def test_a_service_of_the_tariff_is_paid_in_the_way_that_costs_least(contract, contact, administrator):
    """QUO-2, CHG-8, TAR-2: an incident covers the server with one terminal, the rest are further terminals."""
    version = item(administrator, install_terms())
    for terminals, wanted in ((1, [("incident", 1)]), (4, [("incident", 1), ("credit", 3)])):
        found = queries.quoted(version, {"terminals": terminals}, customer_id=contact.customer_id, language="es", at=NOON)
        assert found.price.cost == wanted
    quote = commands.quote_item(version, {"terminals": 4}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)
    assert quote.versions.get().needs == [Need("install_server").as_data(), Need("further_terminal", 3).as_data()]


def test_hours_online_count_their_participants(contract, contact, administrator):
    """QUO-2, TAR-4"""
    terms = Terms((HOURS, PEOPLE), "tariff", lines=(TariffLine("online_hour", "hours", "participants"),), days="2")
    version = item(administrator, terms, name="Curso en línea")
    found = queries.quoted(version, {"hours": 2, "participants": 11}, customer_id=contact.customer_id, language="es", at=NOON)
    assert found.price.cost == [("credit", 16)]


@pytest.mark.parametrize("given", [{"terminals": "0"}, {"terminals": "51"}, {"terminals": "-1"}, {"terminals": "4.5"}, {"terminals": "٤"}, {"terminals": "1e1"}, {"terminals": "x" * 99}])
def test_values_outside_their_range_are_refused_beside_their_field(contract, contact, administrator, given):
    """QUO-2"""
    version = item(administrator)
    assert queries.quoted(version, given, customer_id=contact.customer_id, language="es", at=NOON).field == "terminals"
    with pytest.raises(ParameterInvalid):
        commands.quote_item(version, given, thread=thread_for(contact), key=key(), actor=contact, at=NOON)


def test_what_is_not_given_is_the_default():
    """QUO-2"""
    assert values_from((TERMINALS, URGENT), {}) == {"terminals": 4, "urgent": False}
    assert values_from((replace(URGENT, default=1),), {"urgent": "0"}) == {"urgent": False}


def test_who_is_not_covered_is_told_what_is_missing(contact, administrator):
    """ACC-8, ACC-9"""
    version = item(administrator)
    with pytest.raises(NoStanding):
        commands.quote_item(version, {}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)


def test_what_is_withdrawn_is_not_quoted_and_can_be_offered_again(contract, contact, administrator):
    """QUO-2"""
    version = item(administrator)
    commands.withdraw_item(version.item, actor=administrator, at=NOON)
    assert queries.catalogue(contact) == []
    with pytest.raises(NotInCatalogue):
        commands.quote_item(fresh(version), {}, thread=thread_for(contact), key=key(), actor=contact, at=NOON)
    commands.offer_item(version.item, actor=administrator, at=NOON)
    assert [row.name for row in queries.catalogue(contact)] == ["Importar catálogo"]


def test_only_an_administrator_edits_the_catalogue(administrator, engineer, developer, sales, contact):
    """QUO-2"""
    version = item(administrator)
    for actor in (engineer, developer, sales, contact):
        for act in (
            lambda actor: commands.add_item("general", texts=TEXTS, terms=formula_terms(), actor=actor, at=NOON),
            lambda actor: commands.draft_version(version.item, actor=actor, at=NOON),
            lambda actor: commands.withdraw_item(version.item, actor=actor, at=NOON),
        ):
            with pytest.raises(NotPermitted):
                act(actor)


def test_an_item_that_was_never_published_goes_with_its_draft(administrator):
    """QUO-2"""
    version = commands.add_item("general", texts=TEXTS, terms=formula_terms(), actor=administrator, at=NOON)
    with pytest.raises(DeclarationInvalid):
        commands.offer_item(version.item, actor=administrator, at=NOON)
    commands.discard_version(version, actor=administrator, at=NOON)
    assert not CatalogueItem.objects.exists()


def test_worked_examples_are_computed(administrator):
    """QUO-2: shown with worked examples."""
    from amparo.charging.queries import tariff_at

    rows = queries.worked_examples(formula_terms(), tariff_at(NOON), "es")
    assert [(row.credits, row.days) for row in rows] == [(12, 3), (6, 3), (17, 1), (109, 1)]
    assert dict(rows[2].values)["Urgente"] in ("sí", "yes")
