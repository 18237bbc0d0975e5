from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from amparo.blog import commands
from amparo.conftest import NOON, make_staff

BODY = "Desde hoy puede descargar **Mostrador POS 10.1**.\n\n- El corte explica cada diferencia.\n\n[Descargas](/downloads/)"


@pytest.fixture
def editor(db):
    return make_staff("Mónica Editora", "editor")


def written(editor, title="Mostrador POS 10.1", **given):
    given = {"summary": "Cobros más rápidos.", "body": BODY, "tags": "Versiones, corte de caja"} | given
    return commands.draft_post(title, **given, actor=editor, at=NOON)


def out(editor, title="Mostrador POS 10.1", *, at=NOON, **given):
    return commands.publish(written(editor, title, **given), actor=editor, at=at)


@pytest.fixture
def post(editor):
    """A post that anybody reads."""
    return out(editor)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def picture(name="portada.png") -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (64, 40), "teal").save(made, "PNG")
    return SimpleUploadedFile(name, made.getvalue())
