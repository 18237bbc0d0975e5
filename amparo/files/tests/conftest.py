from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from amparo.conftest import NOON
from amparo.files import commands


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


def picture(kind: str = "PNG", size: tuple[int, int] = (12, 8), tail: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 120, 110)).save(out, kind)
    return out.getvalue() + tail


@pytest.fixture
def stored(contact):
    """Store bytes as a draft of somebody."""

    def keep(content: bytes = b"hola", name: str = "nota.txt", *, actor=None, draft_key: str = "d1", at=NOON):
        upload = SimpleUploadedFile(name, content, content_type="text/html")
        return commands.store(upload, draft_key=draft_key, actor=actor or contact, at=at)

    return keep
