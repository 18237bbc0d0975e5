"""HTML of a message made safe, and text made of it. Pure. SEC-14, SEC-17, SEC-21.

Nothing of a sender's HTML runs, loads or frames anything: pictures are kept only where they came inside the message,
everything from elsewhere is left out, so that reading a message tells nobody. What is too tangled for the sanitiser in
good time is given as text alone.
"""

from __future__ import annotations

import html as entities
import re

import nh3

OCTETS_MAX = 1_000_000
MARKS_MAX = 20_000
DEPTH_MAX = 200
TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "dd", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}, "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}  # fmt: skip
_EMPTY = ("script", "style", "title", "head", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "select")
_OPENS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "area", "base", "col", "embed", "source", "wbr", "o", "p", "li", "td", "tr", "th"})
_PIECE = re.compile(r"<(/?)([a-z][a-z0-9]{0,15})([^<>]{0,4000})>|<[^<>]{0,4000}>")


def safe(html: str) -> str | None:
    """Return the HTML that may be shown; None where it is too large or too tangled, so that only its text is."""
    if len(html) > OCTETS_MAX or html.count("<") > MARKS_MAX or _depth(html) > DEPTH_MAX:
        return None
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=set(_EMPTY),
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def _keep(tag: str, name: str, text: str) -> str | None:
    if tag == "img" and name == "src":
        return text if text[:4].lower() == "cid:" else None
    if name in ("width", "height", "colspan", "rowspan", "start"):
        return text if re.fullmatch(r"\d{1,4}", text) else None
    return None if text[:4].lower() == "cid:" else text


def _depth(html: str) -> int:
    """How deep elements lie at most, as they are written: what is never closed counts for ever."""
    deepest = now = 0
    for found in _OPENS.finditer(html):
        if found[2].lower() in _VOID:
            continue
        now = max(0, now - 1) if found[1] else now + 1
        deepest = max(deepest, now)
    return deepest


def cids(html: str) -> set[str]:
    """Return the ids of the pictures inside the message that safe HTML shows."""
    return {entities.unescape(found) for found in re.findall(r'<img [^<>]*?src="cid:([^"<>]{1,250})"', html, re.IGNORECASE)}


def text_of(html: str) -> str:
    """Return what a message in HTML says, line by line; quotes begin with `>`, points with `-`."""
    clean = safe(html)
    if clean is None:
        bare = re.sub(r"<(script|style|title|head)\b[^<>]{0,400}>", "<\\1>", html[:OCTETS_MAX], flags=re.IGNORECASE)
        for tag in ("script", "style", "title"):
            bare = _without(bare, tag)
        return _lines(re.sub(r"<[^<>]{0,4000}>", "\n", bare))
    out: list[str] = []
    at, kept = 0, 0
    links: list[tuple[str, int]] = []
    for found in _PIECE.finditer(clean):
        words = clean[at : found.start()]
        out.append(words if kept else re.sub(r"\s+", " ", words))
        at = found.end()
        closing, tag, rest = found[1] == "/", found[2] or "", found[3] or ""
        if tag == "pre":
            kept = max(0, kept - 1) if closing else kept + 1
            out.append("\n")
        elif tag == "br" or (tag == "div"):
            out.append("\n")
        elif tag in ("p", "table", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr"):
            out.append("\n\n" if tag != "hr" else "\n\n---\n\n")
        elif tag == "tr":
            out.append("\n")
        elif tag in ("td", "th") and closing:
            out.append("\t")
        elif tag in ("li", "dt", "dd") and not closing:
            out.append("\n- " if tag == "li" else "\n")
        elif tag == "blockquote":
            out.append("\n\x02" if not closing else "\n\x03")
        elif tag == "img" and 'alt="' in rest:
            alt = rest.partition('alt="')[2].partition('"')[0].strip()
            out.append(f"[{alt}]" if alt else "")
        elif tag == "a":
            _link(out, links, rest, closing)
    out.append(re.sub(r"\s+", " ", clean[at:]))
    return _lines("".join(out))


def _link(out: list[str], links: list[tuple[str, int]], rest: str, closing: bool) -> None:
    """Write where a link leads behind its words, where the words do not say it."""
    if not closing:
        links.append((entities.unescape(rest.partition('href="')[2].partition('"')[0]), len(out)))
        return
    if not links:
        return
    url, begin = links.pop()
    words = entities.unescape("".join(out[begin:])).strip()
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    if url and bare.rstrip("/") not in words and len(url) <= 500:
        out.append(f" <{entities.escape(url, quote=False)}>" if words else entities.escape(url, quote=False))


def _without(text: str, tag: str) -> str:
    """Leave out an element with all it holds, found by plain search."""
    low, out, at = text.lower(), [], 0
    while (begin := low.find(f"<{tag}>", at)) >= 0:
        out.append(text[at:begin])
        end = low.find(f"</{tag}", begin)
        if end < 0:
            return "".join(out)
        at = end
    out.append(text[at:])
    return "".join(out)


def _lines(text: str) -> str:
    out: list[str] = []
    level = 0
    for line in entities.unescape(text).replace("\xa0", " ").replace("\u200b", "").split("\n"):
        turns = line[:1] in ("\x02", "\x03")
        while line[:1] in ("\x02", "\x03") and line:
            level = max(0, level + (1 if line[0] == "\x02" else -1))
            line = line[1:]
        line = re.sub(r"[ \t\x02\x03]+$", "", line.strip(" "))
        if not line and (turns or not out or not out[-1].strip("> ")):
            continue
        out.append(">" * min(level, 9) + (" " if level and line else "") + line)
    return "\n".join(out).strip("\n")
