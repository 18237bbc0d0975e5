from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON, make_staff
from amparo.downloads import commands
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.products import commands as products
from amparo.products.models import Licence, Release


@pytest.fixture(autouse=True)
def _stored(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def developer(db):
    return make_staff("Delia Desarrollo", "developer")


@pytest.fixture
def product(administrator):
    return products.add_product("pos", "Punto de Venta", actor=administrator, at=NOON - timedelta(days=900))


@pytest.fixture
def put_out(product, developer, tmp_path):
    """Publish a version that came out so many days ago, with an installer; further words go to its sheet."""

    def make(version: str, days_ago: int = 0, *, asks: str = "", content: bytes = b"", of=None, publish: bool = True, **sheet):
        at = NOON - timedelta(days=days_ago)
        publication = commands.prepare(of or product, version, Sheet(**{"notes": f"- Novedades de {version}", **sheet}),
                                       released_on=at.date(), actor=developer, at=at)  # fmt: skip
        source = tmp_path / f"pos-{version}.exe"
        source.write_bytes(content or b"MZ" + version.encode() * 500)
        commands.add_file(publication, source, Described("installer", "windows", asks=asks), actor=developer, at=at)
        return commands.publish(publication, actor=developer, at=at) if publish else publication

    return make


@pytest.fixture
def own(product, administrator):
    """Give a customer a licence so many days ago, of a version if one is named."""

    def make(customer, days_ago: int = 800, installed: str = "", of=None) -> Licence:
        at = NOON - timedelta(days=days_ago)
        release = Release.objects.get(product=of or product, version=installed) if installed else None
        serial = f"SERIE-{customer.pk:04}-{Licence.objects.count():04}"
        return products.register_licence(serial, of or product, customer, installed=release, actor=administrator, at=at)

    return make


@pytest.fixture
def cover(db, sales):
    """Sell a customer a contract from so many days ago, for so many months."""
    from amparo.contracts.commands import add_plan, sell_contract
    from amparo.contracts.models import Plan

    def make(customer, days_ago: int, months: int = 12):
        at = NOON - timedelta(days=days_ago)
        plan = Plan.objects.filter(months=months).first() or add_plan(
            f"Plan {months}", events=2, incidents=2, credits=10, months=months, price="4800.00", actor=_admin(), at=at
        )
        return sell_contract(customer, plan, at.date(), key=f"{customer.pk}:{days_ago}", actor=sales, at=at)

    def _admin():
        return make_staff("Adela Planes", "administrator")

    return make
