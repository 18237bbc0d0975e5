"""Developments beside each new release, before it becomes current. QUO-7."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON
from amparo.kernel.refusals import NotPermitted
from amparo.products import commands as products
from amparo.products.errors import ChecksOpen
from amparo.quotations import commands, queries
from amparo.quotations.errors import TextMissing
from amparo.quotations.tests.world import delivered, ordered, thread_for


@pytest.fixture
def product(administrator):
    return products.add_product("pos", "Punto de Venta", actor=administrator, at=NOON)


@pytest.fixture
def release(product, administrator):
    return products.add_release(product, "11.0", NOON.date(), actor=administrator, at=NOON)


@pytest.fixture
def order(contract, contact, engineer, product, customer, administrator):
    """A delivered development of a customer with a licence of the product."""
    products.register_licence("SERIE-0001", product, customer, actor=administrator, at=NOON)
    return delivered(contact, engineer)


def test_a_release_becomes_current_only_after_each_development_was_looked_at(order, release, engineer, administrator, facts):
    """QUO-7: refused with the page where it is settled; then it goes."""
    with pytest.raises(ChecksOpen) as refused:
        products.make_current(release, actor=administrator, at=NOON)
    assert refused.value.remedies[0].url == f"/desk/quotations/releases/{release.pk}/" and "1" in str(refused.value)
    commands.judge_development(order, release, "fits", actor=engineer, at=NOON)
    assert queries.open_checks(release) is None
    assert products.make_current(release, actor=administrator, at=NOON).is_current
    assert facts(order)[-1] == "order.release_checked"


def test_a_reason_goes_on_without_it_and_stays_on_the_record(order, release, administrator):
    """QUO-7"""
    from amparo.history.queries import facts

    with pytest.raises(ChecksOpen):
        products.make_current(release, despite="  ", actor=administrator, at=NOON)
    products.make_current(release, despite="Corrige una falla de seguridad.", actor=administrator, at=NOON)
    assert facts(release.product.subject)[-1].data["despite"] == "Corrige una falla de seguridad."


def test_the_reason_is_given_on_the_screen(order, release, developer, client_for):
    """QUO-7, SEC-33: without what nobody types."""
    from amparo.history.queries import facts

    address = f"/desk/products/releases/{release.pk}/current/"
    answer = client_for(developer).post(address, {"despite": "Corrige\0 una falla."})
    assert answer.status_code == 302 and facts(release.product.subject)[-1].data["despite"] == "Corrige una falla."


def test_only_delivered_developments_of_the_product_count(order, release, product, contract, contact, engineer, administrator, other_customer):
    """QUO-7: neither what is still being made, nor of another product, nor of who has no licence of it."""
    ordered(contact, engineer, thread=thread_for(contact))
    other = products.add_product("nom", "Nómina", actor=administrator, at=NOON)
    assert [row.id for row in queries.developments(release)] == [order.pk]
    elsewhere = products.add_release(other, "4.0", NOON.date(), actor=administrator, at=NOON)
    assert products.make_current(elsewhere, actor=administrator, at=NOON).is_current
    with pytest.raises(NotPermitted):
        commands.judge_development(order, elsewhere, "fits", actor=engineer, at=NOON)


def test_what_does_not_fit_is_told_in_words_and_may_be_found_anew(order, release, engineer, contact, facts):
    """QUO-7: the same twice tells once; a contact judges nothing."""
    with pytest.raises(TextMissing):
        commands.judge_development(order, release, "breaks", " ", actor=engineer, at=NOON)
    with pytest.raises(NotPermitted):
        commands.judge_development(order, release, "fits", actor=contact, at=NOON)
    for verdict, note in (("breaks", "El reporte usa un campo que ya no existe."),) * 2 + (("adapted", "Se adaptó el reporte."),):
        commands.judge_development(order, release, verdict, note, actor=engineer, at=NOON)
    assert facts(order).count("order.release_checked") == 2
    assert [(row.verdict, row.note) for row in queries.developments(release)] == [("adapted", "Se adaptó el reporte.")]


def test_its_pages_show_it_to_staff_and_its_customer(order, release, engineer, developer, contact, other_contact, client_for, client):
    """QUO-7, ACC-11"""
    page = f"/desk/quotations/releases/{release.pk}/"
    assert order.number in client_for(developer).get(page).content.decode()
    answer = client_for(engineer).post(f"{page}orders/{order.pk}/", {"verdict": "breaks", "note": "Falta un campo <b>"})
    assert answer.status_code == 302
    shown = client_for(contact).get(f"/quotations/orders/{order.pk}/").content.decode()
    assert "11.0" in shown and "Falta un campo &lt;b&gt;" in shown
    assert client_for(contact).get(page).status_code == 404 == client_for(other_contact).get(f"/quotations/orders/{order.pk}/").status_code
    assert client_for(developer).post(f"/desk/products/releases/{release.pk}/current/").status_code in (302, 303)
