from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.conftest import NOON, make_staff
from amparo.videos import commands
from amparo.videos.commands import ffmpeg

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:00.500\nAbra la caja del día.\n\n00:00.500 --> 00:01.000\nImprima el corte.\n"
CHAPTERS = "WEBVTT\n\n00:00.000 --> 00:00.500\nAbrir\n\n00:00.500 --> 00:01.000\nCerrar\n"


def film(path: Path, *, size: str = "320x180", seconds: float = 1.0, sound: bool = True, extra: tuple[str, ...] = (), rate: int = 10) -> Path:
    """Make a tiny real film."""
    sounds = ["-f", "lavfi", "-i", f"sine=frequency=300:duration={seconds}"] if sound else []
    subprocess.run(
        [ffmpeg.program("ffmpeg"), "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc=size={size}:rate={rate}:duration={seconds}", *sounds,
         "-pix_fmt", "yuv420p", "-preset", "ultrafast", *extra, str(path)],
        check=True, timeout=60,
    )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> bytes:
    """One second, 320x180, with sound."""
    return film(tmp_path_factory.mktemp("clips") / "clip.mp4").read_bytes()


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    commands.resume_work()


@pytest.fixture
def editor(db):
    return make_staff("Edna Editora", "editor")


def upload(content: bytes, name: str = "corte.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def draft(editor):
    return commands.add_video("Corte de caja", description="Cómo se hace.", theme="Caja", actor=editor, at=NOON)


def converted(video, content: bytes, editor):
    commands.take_source(video, upload(content), actor=editor, at=NOON)
    assert commands.convert_next(now=lambda: NOON)
    video.refresh_from_db()
    return video


def published(video, content: bytes, editor):
    converted(video, content, editor)
    commands.save_track(video, kind="captions", language="es", text=CAPTIONS, actor=editor, at=NOON)
    commands.save_track(video, kind="chapters", language="es", text=CHAPTERS, actor=editor, at=NOON)
    return commands.publish(video, actor=editor, at=NOON)


@pytest.fixture(scope="session")
def filmed() -> dict:
    """What ffmpeg made of a source, by the source and the call."""
    return {}


@pytest.fixture
def video(draft, clip, editor, filmed, monkeypatch):
    """A published video for anybody. The clip is the same for all: ffmpeg is called for the first of them."""
    plain = ffmpeg.run

    def run(command, **options) -> None:
        source, folder = Path(command[command.index("-i") + 1]), Path(command[-1]).parent
        call = (hashlib.sha256(source.read_bytes()).hexdigest(), *(Path(word).name for word in command))
        if call not in filmed:
            before = set(folder.iterdir())
            plain(command, **options)
            filmed[call] = {path.name: path.read_bytes() for path in set(folder.iterdir()) - before}
        for name, content in filmed[call].items():
            (folder / name).write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr(ffmpeg, "run", run)
        return published(draft, clip, editor)
