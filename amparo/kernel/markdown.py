"""Markdown to safe HTML: rendered once when it is saved, never when it is shown.

Two walls: the renderer knows no raw HTML, and what it makes goes through an allow-list. The page's content
policy is the third. Pictures come from our own files only, so that reading a message tells nobody.
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h3", "h4", "h5", "h6", "a", "img", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
OWN_FILE = re.compile(r"^/files/[0-9A-Za-z_-]+/[^\s?#]*$")


def _keep(tag: str, name: str, text: str) -> str | None:
    if tag == "img" and name == "src" and not OWN_FILE.match(text):
        return None
    return text


@lru_cache(1)
def _renderer() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).enable(
        ["table", "strikethrough"]
    )
    return md


def render(text: str) -> str:
    """Return the safe HTML of a Markdown text; headings begin at h3, links carry rel."""
    html = _renderer().render(text.replace("\x00", ""))
    html = re.sub(r"<(/?)h([1-6])>", lambda m: f"<{m[1]}h{min(int(m[2]) + 2, 6)}>", html)
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def headed(html: str, under: int = 2) -> str:
    """Return a rendered text whose headings follow upon one of the level that it stands under, and leave none out."""
    levels = sorted({int(level) for level in re.findall(r"<h([1-6])\b", html)})
    if not levels:
        return html
    last = under

    def placed(found: re.Match[str]) -> str:
        nonlocal last
        if not found[1]:
            last = min(under + 1 + levels.index(int(found[2])), last + 1, 6)
        return f"<{found[1]}h{last}"

    return re.sub(r"<(/?)h([1-6])\b", placed, html)


def plain(text: str) -> str:
    """Return the text without its marks, on one line."""
    stripped = nh3.clean(render(text), tags=set())
    return re.sub(r"\s+", " ", entities.unescape(stripped)).strip()


def excerpt(text: str, length: int = 140) -> str:
    """Return the first words of a Markdown text, at most `length` characters."""
    words = plain(text[: length * 8])
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"
