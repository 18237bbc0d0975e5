"""What the vendor of the demonstration publishes, as plain text files: read here, loaded through the commands of each app.

Every file is a header of `key: value` lines, a line `---`, then Markdown. Its name without `.md` is its slug. An English
text that translates a Spanish one says `language: en` and `translation_of: <slug>`; a header that is missing has its default.
`product` is the product's code (`POS`, `FAC`, `SDK`), nothing where it is about all. `audience` is one of `AUDIENCES`, by
default `visitor`. `days_ago` says when it was published, relative to the day of the demonstration (a fraction is allowed).
Lists (`codes`, `tags`, `related`, `files`) are separated by commas. Read a folder by the function of its name.

articles/   title, kind (article, document, guide, troubleshooting, problem, question, help: SRC-2), product, from, to
            (first and last version it is about, nothing is open), theme, codes (error codes, exact), summary, audience,
            language, translation_of, related (slugs), days_ago, owner (local part of the staff's address).
            Body: sections `## Síntoma`, `## Causa`, `## Solución`, `## Pasos` (`## Symptom`, `## Cause`, `## Solution`,
            `## Steps`), each may be missing; what stands before the first is the introduction.
posts/      title, summary, product, tags, language, translation_of, audience, days_ago, author.
releases/   title, product, version, channel (stable, beta), kind (release, sdk), days_ago, critical (yes, no), audience,
            files (names). Body: the notes.
topics/     title, theme, product, kind (question, discussion), solved (yes, no), tags, audience, days_ago.
            Body: messages, each under a line `=== Name · role · hours_after` or `=== Name · role · hours_after · accepted`.
            The first is the topic itself. Roles: `user` (registered), `customer` (contact of a customer), `staff`. A
            staff member's name is one of `demo.people.STAFF`; of the others, those of `demo.people.CONTACTS` and
            «Rita Libre» exist, whoever else is named registers first.
courses/    title, summary, access (open, licensed, covered, credits), credits, product, version, language, translation_of,
            theme, instructor, pass_mark (per cent), requires (slug), certificate (yes, no), days_ago.
            Body: `# Section`, under it `## Lesson (text|video|quiz|file|live)`, under it lines `:key: value` of the lesson
            (`minutes`; for a video `video`, a slug; for a file `file`, its name, its content is the text; for a live
            class `days`, from today), then its text. A quiz holds questions `### Question`, options `- [x] right` and
            `- [ ] wrong`, and under an option or the question `> feedback`.
videos/     title, summary, product, theme, seconds (per card), language, audience, days_ago, related (article slugs).
            Body: cards `=== Title` (a chapter each), lines shown on the card, and lines `> caption` spoken over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent
AUDIENCES = ("visitor", "registered", "customer", "licensed", "covered", "staff")
PARTS = {
    "Síntoma": "symptom", "Causa": "cause", "Solución": "solution", "Pasos": "steps",
    "Symptom": "symptom", "Cause": "cause", "Solution": "solution", "Steps": "steps",
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """One file: its slug, its header and its body."""

    slug: str
    header: dict[str, str]
    body: str

    def get(self, key: str, default: str = "") -> str:
        """Return a header, or its default where the file does not say it."""
        return self.header.get(key, default)

    def several(self, key: str) -> tuple[str, ...]:
        """Return a header that is a list."""
        return tuple(one.strip() for one in self.get(key).split(",") if one.strip())

    def yes(self, key: str) -> bool:
        return self.get(key) == "yes"

    @property
    def title(self) -> str:
        return self.header["title"]

    @property
    def summary(self) -> str:
        return self.get("summary")

    @property
    def product(self) -> str:
        return self.get("product")

    @property
    def audience(self) -> str:
        return self.get("audience", "visitor")

    @property
    def language(self) -> str:
        return self.get("language", "es")

    @property
    def translation_of(self) -> str:
        return self.get("translation_of")

    @property
    def days_ago(self) -> float:
        return float(self.get("days_ago", "30"))

    @cached_property
    def sections(self) -> dict[str, str]:
        """Return an article's text by part: intro, symptom, cause, solution, steps; those that it has. SRC-2."""
        found = {}
        pieces = re.split(r"^## +(.+?) *$", self.body, flags=re.M)
        if pieces[0].strip():
            found["intro"] = pieces[0].strip()
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            found[PARTS[name]] = text.strip()
        return found

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """Return a topic's messages, the topic itself first."""
        found = []
        for head, body in _blocks(self.body):
            name, role, hours, *accepted = (one.strip() for one in head.split("·"))
            found.append(Message(name, role, float(hours), body, accepted == ["accepted"]))
        return tuple(found)

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """Return a video's cards in their order."""
        found = []
        for head, body in _blocks(self.body):
            lines = [line for line in body.splitlines() if line.strip()]
            spoken = tuple(line[1:].strip() for line in lines if line.startswith(">"))
            found.append(Card(head, tuple(line for line in lines if not line.startswith(">")), spoken))
        return tuple(found)

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """Return a course's lessons in their order, each with the name of its section."""
        found, section = [], ""
        for mark, name, text in _headings(self.body):
            if mark == "#":
                section = name
                continue
            title, kind = re.fullmatch(r"(.+?) +\((text|video|quiz|file|live)\)", name).groups()  # type: ignore[union-attr]
            keys = dict(re.findall(r"^:(\w+): *(.*?) *$", text, flags=re.M))
            plain = re.sub(r"^:\w+:.*\n?", "", text, flags=re.M).strip()
            found.append(Lesson(section, title, kind, keys, plain, _questions(plain) if kind == "quiz" else ()))
        return tuple(found)


@dataclass(frozen=True)
class Message:
    """A message of a topic; `hours` after the topic was begun."""

    name: str
    role: str
    hours: float
    body: str
    accepted: bool = False


@dataclass(frozen=True)
class Card:
    """A picture of a video with what is said over it; its title is a chapter."""

    title: str
    lines: tuple[str, ...]
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen, and what is said to who chose it."""

    text: str
    right: bool
    feedback: str = ""


@dataclass(frozen=True)
class Question:
    """A question of a quiz; several options may be right."""

    text: str
    options: tuple[Option, ...]
    feedback: str = ""


@dataclass(frozen=True)
class Lesson:
    """A lesson: `keys` are the lines `:key: value` under its title."""

    section: str
    title: str
    kind: str
    keys: dict[str, str] = field(default_factory=dict)
    text: str = ""
    questions: tuple[Question, ...] = ()


def articles() -> list[Text]:
    """Return the articles; a translation comes after what it translates."""
    return _folder("articles")


def posts() -> list[Text]:
    """Return the posts of the blog; a translation comes after what it translates."""
    return _folder("posts")


def releases() -> list[Text]:
    """Return the texts of releases, the oldest first."""
    return sorted(_folder("releases"), key=lambda one: -one.days_ago)


def topics() -> list[Text]:
    """Return the topics of the forum, the oldest first."""
    return sorted(_folder("topics"), key=lambda one: -one.days_ago)


def courses() -> list[Text]:
    """Return the courses; a translation comes after what it translates."""
    return _folder("courses")


def videos() -> list[Text]:
    """Return the scripts of the videos."""
    return _folder("videos")


def _folder(name: str) -> list[Text]:
    found = [_read(path) for path in sorted((HERE / name).glob("*.md"))]
    return sorted(found, key=lambda one: (bool(one.translation_of), one.slug))


def _read(path: Path) -> Text:
    head, _line, body = path.read_text("utf-8").partition("\n---\n")
    pairs = (line.partition(":") for line in head.splitlines() if line.strip())
    return Text(path.stem, {key.strip(): value.strip() for key, _colon, value in pairs}, body.strip())


def _blocks(body: str) -> Iterator[tuple[str, str]]:
    """Yield what stands under each line that begins with `===`."""
    pieces = re.split(r"^=== +(.+?) *$", body, flags=re.M)
    for head, text in zip(pieces[1::2], pieces[2::2], strict=True):
        yield head, text.strip()


def _headings(body: str) -> Iterator[tuple[str, str, str]]:
    """Yield mark, name and text of each heading of the first two levels."""
    pieces = re.split(r"^(##?) +(.+?) *$", body, flags=re.M)
    for mark, name, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        yield mark, name, text.strip()


def _questions(text: str) -> tuple[Question, ...]:
    found = []
    pieces = re.split(r"^### +(.+?) *$", text, flags=re.M)
    for asked, under in zip(pieces[1::2], pieces[2::2], strict=True):
        options: list[Option] = []
        general = ""
        for line in filter(None, map(str.strip, under.splitlines())):
            if line.startswith("- ["):
                options.append(Option(line[6:].strip(), line[3] == "x"))
            elif line.startswith(">") and options:
                last = options.pop()
                options.append(Option(last.text, last.right, f"{last.feedback} {line[1:].strip()}".strip()))
            elif line.startswith(">"):
                general = f"{general} {line[1:].strip()}".strip()
        found.append(Question(asked, tuple(options), general))
    return tuple(found)
