# ruff: noqa: S603
"""The videos of the demonstration: cards drawn from content/videos, filmed by our own ffmpeg. SRC-3.

The world is loaded without them, so that the first start waits for no film: it only keeps what each will be, with its
captions and chapters. The worker then draws, films, converts and publishes them one by one; without ffmpeg they stay drafts.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from amparo.kernel.actor import Actor
from amparo.people.queries import actor_by_id
from amparo.products.models import Product
from amparo.project import debian
from amparo.project.demo_films import PREFIX
from amparo.videos import commands as videos
from amparo.videos.commands import ffmpeg
from amparo.videos.models import Video
from amparo.videos.rules import webvtt
from amparo.videos.rules.webvtt import Cue

from . import content

if TYPE_CHECKING:
    from .load import World

SIZE = (1280, 720)
GROUND, INK, ACCENT, SOFT = (247, 246, 242), (32, 38, 43), (17, 104, 110), (99, 110, 118)


def prepare(world: World) -> None:
    """Keep each video as a draft with its captions and chapters; the worker makes the films."""
    products, writer = {code.upper(): pk for code, pk in Product.objects.values_list("code", "pk")}, world.staff["monica"]
    for text in content.videos():
        at = world.on(text.days_ago, 12)
        video = videos.add_video(
            text.title, description=text.summary, theme=text.get("theme"), product_id=products.get(text.product), audience=text.audience,
            language=text.language, key=f"{PREFIX}{text.slug}", actor=writer, at=at,
        )  # fmt: skip
        for kind, cues in (("captions", captions(text)), ("chapters", chapters(text))):
            videos.save_track(video, kind=kind, language=text.language, text=webvtt.written(cues), actor=writer, at=at)


def tick(*, at: datetime) -> bool:
    """Film the next video of the demonstration, or publish one that is converted; false where nothing is left to do."""
    waiting = Video.objects.filter(key__startswith=PREFIX, state="draft").order_by("pk")
    for video in waiting:
        if video.created_by_id is None or not ffmpeg.is_there():
            return False
        writer = actor_by_id(video.created_by_id)
        if video.folder:
            videos.publish(video, actor=writer, at=video.created_at)
            return True
        if not video.conversions.exists():
            return _film(video, writer, at)
    return False


def _film(video: Video, writer: Actor, at: datetime) -> bool:
    text = next((one for one in content.videos() if f"{PREFIX}{one.slug}" == video.key), None)
    if text is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = film(text, Path(folder))
        videos.take_source(video, Drawn(f"{text.slug}.mp4", path), actor=writer, at=at)
    return True


@dataclass(frozen=True)
class Drawn:
    """A film of ours as an upload."""

    name: str
    path: Path

    def chunks(self, size: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(size):
                yield piece


def seconds_of(text: content.Text) -> float:
    """How long each card stands."""
    return float(text.get("seconds", "6"))


def captions(text: content.Text) -> list[Cue]:
    """Return what is said over the cards: the sentences of a card share its time."""
    each, found = seconds_of(text) * 1000, []
    for number, card in enumerate(text.cards):
        for place, said in enumerate(card.captions):
            start = each * (number + place / len(card.captions))
            found.append(Cue(round(start), round(start + each / len(card.captions)) - 100, said))
    return found


def chapters(text: content.Text) -> list[Cue]:
    """Return a chapter for each card."""
    each = seconds_of(text) * 1000
    return [Cue(round(each * number), round(each * (number + 1)), card.title) for number, card in enumerate(text.cards)]


def film(text: content.Text, folder: Path) -> Path:
    """Draw the cards and film them, with a silent sound track; return the film."""
    inputs: list[str] = []
    for number, card in enumerate(text.cards):
        path = folder / f"{number}.png"
        draw(text, number, card).save(path)
        inputs += ["-loop", "1", "-framerate", "5", "-t", str(seconds_of(text)), "-i", str(path)]
    count, target = len(text.cards), folder / "film.mp4"
    joined = "".join(f"[{number}:v]" for number in range(count)) + f"concat=n={count}:v=1:a=0[v]"
    command = [
        str(ffmpeg.program("ffmpeg")), "-nostdin", "-v", "error", "-y", *inputs, "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo",
        "-filter_complex", joined, "-map", "[v]", "-map", f"{count}:a", "-shortest", "-c:v", "libx264", "-preset", "ultrafast",
        "-tune", "stillimage", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k", str(target),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300, stdin=subprocess.DEVNULL)
    return target


def draw(text: content.Text, number: int, card: content.Card) -> Image.Image:
    """Draw one card: where one is, its title, its lines, and how far the film has come."""
    width, height = SIZE
    picture = Image.new("RGB", SIZE, GROUND)
    pen, count = ImageDraw.Draw(picture), len(text.cards)
    pen.rectangle((0, 0, width, 14), fill=ACCENT)
    pen.text((96, 84), text.title, font=_font(30), fill=SOFT)
    pen.ellipse((96, 196, 176, 276), fill=ACCENT)
    pen.text((136, 236), str(number + 1), font=_font(44, bold=True), fill=GROUND, anchor="mm")
    y = _paragraph(pen, card.title, (212, 200), _font(64, bold=True), INK, width - 308)
    for line in card.lines:
        y = _paragraph(pen, line, (212, y + 24), _font(38), INK, width - 308)
    step = (width - 192) / count
    for place in range(count):
        left = 96 + step * place
        pen.rounded_rectangle((left, height - 150, left + step - 12, height - 140), 5, fill=ACCENT if place <= number else (214, 216, 213))
    return picture


def _paragraph(pen: ImageDraw.ImageDraw, text: str, at: tuple[int, int], font: ImageFont.FreeTypeFont, ink: tuple[int, int, int], width: int) -> int:
    lines, (x, y) = [""], at
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font=font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    for line in lines:
        pen.text((x, y), line, font=font, fill=ink)
        y += round(font.size * 1.3)
    return y


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    for folder in _fonts():
        for path in folder.rglob(name):
            return ImageFont.truetype(str(path), size)
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def _fonts() -> Sequence[Path]:
    return (Path("/usr/share/fonts"), debian.UNPACKED / "usr/share/fonts")
