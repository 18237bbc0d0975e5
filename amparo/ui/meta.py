"""What a public page tells machines about itself: a description, OpenGraph, and JSON-LD of schema.org.

A page calls these in its block `meta`: `{{ meta.page(title, description, url("…")) }}{{ meta.article(…) }}`. What people
wrote goes into attributes escaped, and into the data element as JSON in which no `<`, `>`, `&` or `'` stands, with the
nonce of the page. Only what a visitor may read belongs here: a page for fewer people calls none of them. SEC-29.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from jinja2 import pass_context
from jinja2.runtime import Context
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

DESCRIPTION_MAX = 200
_LANGUAGES = {"es": "es-MX", "es-mx": "es-MX", "en": "en"}


def absolute(path: str) -> str:
    """Return an address of ours with the host that everybody knows us by."""
    return path if path.startswith(("https://", "http://")) else settings.PUBLIC_URL + path


def short(text: str) -> str:
    """Return plain text as a description: one line, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= DESCRIPTION_MAX else line[: DESCRIPTION_MAX - 1].rsplit(" ", 1)[0] + "…"


def page(
    title: str, description: str, path: str, *, kind: str = "website", language: str = "", image: str = "",
    published_at: datetime | None = None, changed_at: datetime | None = None, translations: Iterable[tuple[str, str]] = (),
) -> Markup:
    """Return description, canonical address, translations (language, path) and OpenGraph. `kind`: website, article, video.other, profile."""
    about = short(description)
    tags = [("og:type", kind), ("og:title", title), ("og:description", about), ("og:url", absolute(path))]
    if language:
        tags.append(("og:locale", _LANGUAGES.get(language, language).replace("-", "_")))
    if image:
        tags.append(("og:image", absolute(image)))
    for name, moment in (("article:published_time", published_at), ("article:modified_time", changed_at)):
        if moment and kind == "article":
            tags.append((name, moment.isoformat()))
    lines = [Markup('<meta name="description" content="{}">').format(about), Markup('<link rel="canonical" href="{}">').format(absolute(path))]
    lines += [Markup('<link rel="alternate" hreflang="{}" href="{}">').format(_LANGUAGES.get(one, one), absolute(to)) for one, to in translations]
    lines += [Markup('<meta property="{}" content="{}">').format(name, value) for name, value in tags]
    return Markup("\n").join(lines)


def feed(title: str, path: str) -> Markup:
    """Return the link by which readers of feeds find one."""
    return Markup('<link rel="alternate" type="application/atom+xml" title="{}" href="{}">').format(title, path)


def hidden() -> Markup:
    """Return what keeps a page out of search engines: a list of results, a page for few."""
    return Markup('<meta name="robots" content="noindex">')


@pass_context
def data(context: Context, values: Mapping[str, Any]) -> Markup:
    """Return values of schema.org as a data element; what is empty is left out."""
    nonce = context["csp_nonce"]()
    return _element({"@context": "https://schema.org"} | _full(values), nonce)


@pass_context
def crumbs(context: Context, places: Sequence[tuple[str, str]]) -> Markup:
    """Return the way to a page: (name, path), the home first."""
    steps = [
        {"@type": "ListItem", "position": number, "name": str(name), "item": absolute(path)}
        for number, (name, path) in enumerate(places, 1)
    ]
    return data(context, {"@type": "BreadcrumbList", "itemListElement": steps})


@pass_context
def article(
    context: Context, title: str, description: str, path: str, *, kind: str = "TechArticle", published_at: datetime | None = None,
    changed_at: datetime | None = None, language: str = "", author: str = "", image: str = "", version: str = "",
) -> Markup:
    """Return an article or a post (`kind`: TechArticle, BlogPosting, NewsArticle)."""
    return data(context, {
        "@type": kind, "headline": title[:110], "description": short(description), "mainEntityOfPage": absolute(path),
        "datePublished": _moment(published_at), "dateModified": _moment(changed_at or published_at),
        "inLanguage": _LANGUAGES.get(language, language), "image": absolute(image) if image else "",
        "author": _somebody(author), "publisher": _vendor(context), "softwareVersion": version,
    })  # fmt: skip


@pass_context
def questions(context: Context, pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return frequent questions with the plain text of their answers."""
    asked = [{"@type": "Question", "name": q, "acceptedAnswer": {"@type": "Answer", "text": a}} for q, a in pairs]
    return data(context, {"@type": "FAQPage", "mainEntity": asked})


@pass_context
def topic(
    context: Context, title: str, text: str, path: str, *, asked_by: str, asked_at: datetime, answers: int,
    accepted: Mapping[str, Any] | None = None, suggested: Iterable[Mapping[str, Any]] = (),
) -> Markup:
    """Return a question of the forum; an answer is {text, by, at, path, votes}, in plain text."""
    return data(context, {"@type": "QAPage", "mainEntity": {
        "@type": "Question", "name": title, "text": short(text), "answerCount": answers, "author": _somebody(asked_by),
        "datePublished": _moment(asked_at), "url": absolute(path),
        "acceptedAnswer": _answer(accepted) if accepted else None, "suggestedAnswer": [_answer(one) for one in suggested],
    }})  # fmt: skip


@pass_context
def video(
    context: Context, title: str, description: str, path: str, *, poster: str, seconds: int, published_at: datetime,
    content: str = "", language: str = "", transcript: str = "", chapters: Iterable[tuple[str, int, int]] = (),
) -> Markup:
    """Return a video; chapters are (title, first second, last second)."""
    clips = [
        {"@type": "Clip", "name": name, "startOffset": begin, "endOffset": end, "url": f"{absolute(path)}?t={begin}"}
        for name, begin, end in chapters
    ]
    return data(context, {
        "@type": "VideoObject", "name": title, "description": short(description), "url": absolute(path),
        "thumbnailUrl": absolute(poster) if poster else "", "duration": f"PT{seconds // 60}M{seconds % 60}S",
        "uploadDate": _moment(published_at), "contentUrl": absolute(content) if content else "",
        "inLanguage": _LANGUAGES.get(language, language), "transcript": transcript, "hasPart": clips,
        "publisher": _vendor(context),
    })  # fmt: skip


@pass_context
def software(
    context: Context, name: str, description: str, path: str, *, version: str = "", released_on: Any = None, system: str = "Windows",
) -> Markup:  # fmt: skip
    """Return a product, or a release of one."""
    return data(context, {
        "@type": "SoftwareApplication", "name": name, "description": short(description), "url": absolute(path),
        "applicationCategory": "BusinessApplication", "operatingSystem": system, "softwareVersion": version,
        "datePublished": released_on.isoformat() if released_on else "", "publisher": _vendor(context),
    })  # fmt: skip


@pass_context
def course(context: Context, title: str, description: str, path: str, *, language: str = "", free: bool = True) -> Markup:
    """Return a course."""
    return data(context, {
        "@type": "Course", "name": title, "description": short(description), "url": absolute(path),
        "inLanguage": _LANGUAGES.get(language, language), "provider": _vendor(context), "isAccessibleForFree": free,
    })  # fmt: skip


def _element(values: Mapping[str, Any], nonce: str) -> Markup:
    return Markup('<script type="application/ld+json" nonce="{}">{}</script>').format(nonce, htmlsafe_json_dumps(values))


def _full(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _full(one) if isinstance(one, Mapping) else one for key, one in values.items() if one not in (None, "", [], {})}


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _somebody(name: str) -> dict[str, str] | None:
    return {"@type": "Person", "name": name} if name else None


def _vendor(context: Context) -> dict[str, Any]:
    vendor = context["ui"].vendor
    return {"@type": "Organization", "name": vendor.legal_name or vendor.name, "url": absolute("/")}


def _answer(one: Mapping[str, Any]) -> dict[str, Any]:
    return _full({
        "@type": "Answer", "text": one["text"], "author": _somebody(one.get("by", "")), "datePublished": _moment(one.get("at")),
        "url": absolute(one["path"]) if one.get("path") else "", "upvoteCount": one.get("votes"),
    })  # fmt: skip
