"""A house in which something of every kind is published for every audience, each with a word of its own that nothing else says.

A page that shows the word of a thing shows the thing. To look for it one asks by another word, so that a page which only
repeats the question betrays nothing.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from amparo.blog import commands as blog
from amparo.campus import commands as campus
from amparo.conftest import make_contact, make_customer, make_staff, make_user
from amparo.contracts import commands as contracts
from amparo.downloads import commands as downloads
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.editor import commands as editor
from amparo.forum import commands as forum
from amparo.forum.commands import Written
from amparo.forum.models import Topic
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, VISITOR, Actor
from amparo.knowledge import commands as knowledge
from amparo.knowledge.models import Article
from amparo.people.queries import actor_by_id
from amparo.products import commands as products
from amparo.products.models import Product
from amparo.videos import commands as videos
from amparo.videos.commands import ffmpeg

KINDS = ("article", "post", "video", "release", "topic", "course")
# «other» is for who has a licence of another product than anybody in this house has.
AUDIENCES = ("visitor", "registered", "customer", "licensed", "other", "covered", "staff")
# Written down apart from the rule: who sees what. ACC-1, ACC-2, ACC-3, ACC-4
SEES = {
    "visitor": {"visitor"},
    "registered": {"visitor", "registered"},
    "customer": {"visitor", "registered", "customer"},
    "licensed": {"visitor", "registered", "customer", "licensed"},
    "covered": {"visitor", "registered", "customer", "covered"},
    "staff": set(AUDIENCES),
}
_WORDS = re.compile(f"zq(?:{'|'.join(KINDS)})(?:{'|'.join(AUDIENCES)})")
_TRACK = "WEBVTT\n\n00:00.000 --> 00:00.500\n{words}\n\n00:00.500 --> 00:01.000\nFin\n"


def word(kind: str, audience: str) -> str:
    """What nothing but this thing says."""
    return f"zq{kind}{audience}"


def asked(kind: str, audience: str) -> str:
    """The word to look for this thing by, which stands in its text."""
    return f"kw{kind}{audience}"


def words_in(text: str) -> set[str]:
    """Return the words of things that a text says."""
    return set(_WORDS.findall(text.lower()))


def allowed(who: str) -> set[str]:
    return {word(kind, audience) for kind in KINDS for audience in SEES[who]}


@cache
def _clip(folder: str) -> bytes:
    path = Path(folder) / "clip.mp4"
    subprocess.run(
        [ffmpeg.program("ffmpeg"), "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=160x90:rate=5:duration=1",
         "-pix_fmt", "yuv420p", "-preset", "ultrafast", str(path)], check=True, timeout=60,
    )  # fmt: skip
    return path.read_bytes()


@dataclass
class House:
    """The readers, and what was published so far: the address of each thing by its word."""

    folder: Path
    at: datetime = field(default_factory=lambda: clock.now() - timedelta(hours=2))
    people: dict[str, Actor] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    themes: list[int] = field(default_factory=list)
    topics: dict[str, Topic] = field(default_factory=dict)
    product: Product = None  # type: ignore[assignment]
    other: Product = None  # type: ignore[assignment]
    staff: Actor = None  # type: ignore[assignment]
    number: int = 0

    def people_come(self) -> None:
        """Let one reader of each standing come: each has exactly what its name says."""
        at, long_ago = self.at, self.at - timedelta(days=200)
        self.staff = make_staff("Ada", "administrator")
        self.product = products.add_product("POS", "Punto de venta", actor=self.staff, at=long_ago)
        self.other = products.add_product("FAC", "Facturación", actor=self.staff, at=long_ago)
        release = products.add_release(self.product, "10.1", long_ago.date(), actor=self.staff, at=long_ago)
        products.make_current(release, actor=self.staff, at=long_ago)
        firms = {name: make_customer(f"Tienda {name}") for name in ("customer", "licensed", "covered")}
        products.register_licence("SERIE-0001-0001", self.product, firms["licensed"], installed=release, actor=self.staff, at=long_ago)
        plan = contracts.add_plan("Plus", events=5, incidents=2, credits=10, months=12, price=1, actor=SYSTEM, at=long_ago)
        contracts.sell_contract(firms["covered"], plan, (at - timedelta(days=30)).date(), key="k", actor=SYSTEM, at=at - timedelta(days=30))
        self.people = {"visitor": VISITOR, "registered": actor_by_id(make_user("Rita").pk), "staff": make_staff("Elena", "engineer")}
        self.people |= {name: make_contact(firm, f"Persona {name}") for name, firm in firms.items()}

    def publish(self, *audiences: str) -> None:
        """Publish one thing of each kind for each of these audiences."""
        for audience in audiences:
            for kind in KINDS:
                self.number += 1
                getattr(self, f"_{kind}")(word(kind, audience), asked(kind, audience), audience)

    def _given(self, audience: str) -> dict[str, object]:
        product = self.other if audience == "other" else self.product
        return {"audience": "licensed" if audience == "other" else audience, "product_id": product.pk}

    def _article(self, own: str, by: str, audience: str) -> None:
        found = Article(title=f"Comun {own}", created_at=self.at, solution=f"Pasos {own} {by}", summary=f"Resumen {own}", language="es",
                        kind="problem", codes=f"KW-{self.number}", **self._given(audience))  # fmt: skip
        editor.save_draft(found, actor=self.staff, at=self.at)
        found = knowledge.publish(found, actor=self.staff, at=self.at)
        self.urls[own] = f"/knowledge/{found.pk}-{found.slug}/"
        self.urls[f"{own} code"] = f"/e/KW-{self.number}"

    def _post(self, own: str, by: str, audience: str) -> None:
        found = blog.draft_post(f"Comun {own}", summary=f"Resumen {own}", body=f"Texto {own} {by}", tags=f"comun, {own}", actor=self.staff,
                                at=self.at, **self._given(audience))  # fmt: skip
        found = blog.publish(found, actor=self.staff, at=self.at)
        self.urls[own] = f"/blog/{found.pk}/{found.slug}/"
        self.urls[f"{own} tag"] = f"/blog/tags/{own}/"
        self.urls[f"{own} tag feed"] = f"/blog/tags/{own}/feed/"

    def _video(self, own: str, by: str, audience: str) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile

        found = videos.add_video(f"Comun {own}", description=f"Resumen {own}", theme=f"Tema {own}", actor=self.staff, at=self.at, **self._given(audience))
        videos.take_source(found, SimpleUploadedFile("v.mp4", _clip(str(self.folder))), actor=self.staff, at=self.at)
        assert videos.convert_next(now=lambda: self.at)
        found.refresh_from_db()
        for kind in ("captions", "chapters"):
            videos.save_track(found, kind=kind, language="es", text=_TRACK.format(words=f"{own} {by}"), actor=self.staff, at=self.at)
        videos.publish(found, actor=self.staff, at=self.at)
        self.urls[own] = f"/videos/{found.pk}/"
        self.urls[f"{own} captions"] = f"/videos/{found.pk}/captions/es.vtt"

    def _release(self, own: str, by: str, audience: str) -> None:
        product = self.other if audience == "other" else self.product
        sheet = Sheet(audience="licensed" if audience == "other" else audience, notes=f"- Comun {own} {by}")
        found = downloads.prepare(product, f"10.{20 + self.number}", sheet, released_on=self.at.date() - timedelta(days=1), actor=self.staff, at=self.at)
        source = self.folder / f"{own}.exe"
        source.write_bytes(b"MZ" + own.encode() * 40)
        artifact = downloads.add_file(found, source, Described("installer", "windows"), actor=self.staff, at=self.at)
        downloads.publish(found, actor=self.staff, at=self.at)
        self.urls[own] = f"/downloads/releases/{found.release_id}/"
        self.urls[f"{own} checksum"] = f"/downloads/artifacts/{artifact.pk}/checksum"

    def _topic(self, own: str, by: str, audience: str) -> None:
        given = self._given(audience)
        theme = forum.put_theme(
            None, {"name": f"Tema {own}", "position": self.number, "audience": given["audience"],
                   "product": self.other if audience == "other" else self.product if audience == "licensed" else None}, actor=self.staff, at=self.at,
        )  # fmt: skip
        found = forum.ask(theme, f"Comun {own}", Written(f"Texto {own} {by}", has_proof=True, seconds=60, alias="Ada"), actor=self.staff, at=self.at)
        self.themes.append(theme.pk)
        self.topics[own] = found
        self.urls[own] = f"/forum/topics/{found.pk}/"
        self.urls[f"{own} theme"] = f"/forum/themes/{theme.pk}/"
        self.urls[f"{own} theme feed"] = f"/forum/themes/{theme.pk}/feed/"

    def _course(self, own: str, by: str, audience: str) -> None:
        found = campus.add_course(title=f"Comun {own}", summary=f"Resumen {own}", body=f"Texto {own} {by}", access="open", actor=SYSTEM,
                                  at=self.at, **self._given(audience))  # fmt: skip
        section = campus.add_section(found, f"Parte {own}", actor=SYSTEM, at=self.at)
        campus.add_lesson(section, "text", title=f"Clase {own}", body=f"Lea {own}", actor=SYSTEM, at=self.at)
        campus.publish(found, actor=SYSTEM, at=self.at)
        self.urls[own] = f"/campus/courses/{found.slug}/"

    def lists(self) -> dict[str, str]:
        """Every outlet that shows several things: its address by its name."""
        pos, fac = self.product.pk, self.other.pk
        found = {
            "home": "/", "product": "/products/pos/", "other product": "/products/fac/", "products": "/products/", "llms": "/llms.txt",
            "articles": "/knowledge/", "articles by product": f"/knowledge/?product={pos}", "articles by kind": "/knowledge/?kind=problem",
            "posts": "/blog/", "posts by product": "/blog/products/pos/", "posts by tag": "/blog/tags/comun/", "my posts": "/blog/mine/",
            "feed": "/blog/feed/", "feed by product": "/blog/products/pos/feed/", "feed by tag": "/blog/tags/comun/feed/",
            "videos": "/videos/", "videos by product": f"/videos/?product={pos}",
            "downloads": "/downloads/", "downloads of a product": f"/downloads/products/{pos}/", "downloads of another": f"/downloads/products/{fac}/",
            "feed of downloads": f"/downloads/products/{pos}/feed.atom", "my downloads": "/downloads/mine/",
            "update": "/downloads/updates/POS.json?version=10.1",
            "forum": "/forum/", "unanswered": "/forum/?view=unanswered", "similar topics": "/forum/similar/?title=Comun+pregunta+parecida",
            "new topic": "/forum/new/", "courses": "/campus/", "my courses": "/campus/mine/",
            "sitemap": "/sitemap.xml", "search": "/search/?q=comun", "search by product": f"/search/?q=comun&product={pos}",
            "suggestions": "/search/suggest/?q=comun+texto", "suggestions for a ticket": "/search/suggest/?for=ticket&q=comun+texto",
            "letters typed": "/search/suggest.json?q=comu", "nearly the word": "/search/?q=comum", "help": "/help/?q=comun",
            "new ticket": "/tickets/new/?title=comun",
        }  # fmt: skip
        found |= {f"sitemap of {one}": f"/sitemap-{one}.xml" for one in ("pages", *KINDS)}
        found |= {f"search in {kind}": f"/search/?q=comun&kind={kind}" for kind in KINDS}
        return found

    def searches(self) -> dict[str, str]:
        """Look for each thing by the word that stands in its text, in every way there is."""
        found = {}
        for kind in KINDS:
            for audience in AUDIENCES:
                by = asked(kind, audience)
                found |= {f"search {by}": f"/search/?q={by}", f"suggest {by}": f"/search/suggest/?q={by}", f"typed {by}": f"/search/suggest.json?q={by}"}
        return found
