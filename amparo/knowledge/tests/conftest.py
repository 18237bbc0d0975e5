"""Articles for tests: made as drafts, published through the commands."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON, make_staff
from amparo.editor import commands as editor
from amparo.knowledge import commands
from amparo.knowledge.models import Article, Theme
from amparo.products.models import Product, Release


@pytest.fixture
def editor_in_person(db):
    return make_staff("Edith Editora", "editor")


@pytest.fixture
def product(db):
    return Product.objects.create(code="POS", name="Mostrador POS", created_at=NOON)


@pytest.fixture
def releases(product):
    versions = ("10.0", "10.1", "11.2", "12.1")
    return {
        one: Release.objects.create(product=product, version=one, released_on=NOON.date().replace(day=number + 1), created_at=NOON)
        for number, one in enumerate(versions)
    }


@pytest.fixture
def theme(db):
    return Theme.objects.create(name_es="Facturación", name_en="Invoicing", slug="facturacion")


@pytest.fixture
def write(editor_in_person):
    """Write an article and publish it, unless told otherwise."""

    def made(title: str = "No timbra la factura", *, publish: bool = True, at=NOON, actor=None, **fields: object) -> Article:
        given = {"solution": "Corrija el **código postal**.", "language": "es", "kind": "problem"} | fields
        article = Article(title=title, created_at=at, **given)
        actor = actor or editor_in_person
        editor.save_draft(article, actor=actor, at=at)
        return commands.publish(article, actor=actor, at=at) if publish else article

    return made
