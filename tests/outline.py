"""The outline of a page as a screen reader tells it: its headings and its landmarks, and what is wrong with them."""

from __future__ import annotations

from html.parser import HTMLParser

KINDS = {"nav": "navigation", "aside": "complementary", "main": "main", "section": "region", "form": "form", "search": "search"}
ROLES = {*KINDS.values(), "banner", "contentinfo"}
NEED_NAMES = {"region", "form"}  # without a name they are no landmarks
VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
OUTSIDE = frozenset(("dialog", "template", "svg", "script", "style"))  # no part of the page's outline; a dialog has its own
HEADINGS = {f"h{level}": level for level in range(1, 7)}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, list[list[str]]]] = []  # each element that is open, and what its text belongs to
        self.headings: list[tuple[int, list[str]]] = []
        self.marks: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.outside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given, texts = dict(attrs), []
        if name := given.get("id"):
            texts.append(self.texts.setdefault(name, []))
        self.outside += tag in OUTSIDE
        if not self.outside:
            if tag in HEADINGS:
                self.headings.append((HEADINGS[tag], []))
                texts.append(self.headings[-1][1])
            role = given.get("role") or KINDS.get(tag)
            if role in ROLES:
                self.marks.append((str(role), given))
        self.open.append((tag, texts))

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == name for name, _texts in self.open):
            return
        closed = ""
        while closed != tag:
            closed, _texts = self.open.pop()
            self.outside -= closed in OUTSIDE

    def handle_data(self, data: str) -> None:
        for _name, texts in self.open:
            for text in texts:
                text.append(data)

    def name(self, given: dict[str, str | None]) -> str:
        """Return what a landmark is called."""
        words = [" ".join(self.texts.get(one, [])) for one in (given.get("aria-labelledby") or "").split()]
        return " ".join((" ".join(words) or given.get("aria-label") or "").split())


def faults(html: str) -> list[str]:
    """Return what is wrong with a page's headings and landmarks; nothing for what is no page."""
    if "<main" not in html:
        return []
    reader = _Reader()
    reader.feed(html)
    told = [(level, " ".join("".join(text).split())) for level, text in reader.headings]
    found = [f"no heading of the page, or several: {told}"] if [level for level, _text in told].count(1) != 1 else []
    below = 0
    for level, text in told:
        if level > below + 1 and below:
            found.append(f"h{level} «{text}» follows upon an h{below}")
        if not text:
            found.append(f"an h{level} says nothing")
        below = level
    if told and told[0][0] != 1:
        found.append(f"it begins with h{told[0][0]} «{told[0][1]}»")
    marks = [(kind, reader.name(given)) for kind, given in reader.marks]
    marks = [(kind, name) for kind, name in marks if name or kind not in NEED_NAMES]
    found += [f"{marks.count(mark)} {mark[0]} are called «{mark[1]}»" for mark in dict.fromkeys(marks) if marks.count(mark) > 1]
    return found
