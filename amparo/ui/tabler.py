"""Cuts Tabler's stylesheet down to what our pages can show. Only the standard library: set-up runs it before all else.

Of 635 kB a page uses a twentieth. A rule stays when each class it asks for stands as a word in some template, script or
form of ours; a custom property stays when something that stays asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
_ASKED = re.compile(r"var\(\s*(--[\w-]+)")
# «All below the last row» makes browsers style whole regions anew whenever anything is added at their end, even where no table is.
_ANY_CELL = re.compile(r"(?<=tr:last-child>)\*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SOURCES = ("*.html", "*.js", "*.py")


def words_of(folder: Path) -> set[str]:
    """Return every word of our templates, scripts and code: whatever may be the name of a class."""
    found: set[str] = set()
    for pattern in _SOURCES:
        for path in folder.rglob(pattern):
            found.update(_WORD.findall(path.read_text(encoding="utf-8")))
    return found


def prune(css: str, words: set[str], ours: str = "") -> str:
    """Return the stylesheet without the rules, properties and animations that nothing of `words` or `ours` can reach."""
    charset = '@charset "UTF-8";'
    notice = re.match(r"\s*(?:@charset[^;]*;)?\s*(/\*!.*?\*/)", css, re.DOTALL)
    kept = _rules(_COMMENT.sub("", css.removeprefix(charset)), words)
    kept = _ANY_CELL.sub(":where(td,th)", kept)
    kept = _without_idle_properties(kept, ours)
    kept = _without_idle_animations(kept)
    return f"{charset}{notice[1] if notice else ''}\n{kept}\n"


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield (prelude, body) of each rule of a level; a statement without a body has the body «;»."""
    at = 0
    while at < len(css):
        brace, stop = css.find("{", at), css.find(";", at)
        if brace < 0:
            return
        if 0 <= stop < brace:
            yield css[at:stop].strip(), ";"
            at = stop + 1
            continue
        depth, end = 1, brace + 1
        while depth and end < len(css):
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[at:brace].strip(), css[brace + 1 : end - 1]
        at = end


def _selectors(prelude: str) -> list[str]:
    """Split a selector list at its own commas, not at those inside brackets."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(prelude):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "," and not depth:
            parts.append(prelude[start:at])
            start = at + 1
    return [*parts, prelude[start:]]


def _reached(selector: str, words: set[str]) -> bool:
    plain = re.sub(r":(?:not|where|is)\([^()]*\)", "", selector)
    return all(name.replace("\\", "") in words for name in _CLASS.findall(plain))


def _rules(css: str, words: set[str]) -> str:
    kept = []
    for prelude, body in _blocks(css):
        if body == ";":
            kept.append(f"{prelude};")
        elif prelude.startswith(("@media", "@supports", "@container", "@layer")):
            inner = _rules(body, words)
            if inner:
                kept.append(f"{prelude}{{{inner}}}")
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{body}}}")
        else:
            selectors = [one for one in _selectors(prelude) if _reached(one, words)]
            if selectors and body.strip():
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _without_idle_properties(css: str, ours: str) -> str:
    """Drop custom properties that nothing asks for, again and again, for one may ask for another."""
    while True:
        asked = set(_ASKED.findall(css)) | set(_ASKED.findall(ours))
        lean = re.sub(
            r"(?<=[{;])(--[\w-]+):[^;{}]*(?:;|(?=\}))",
            lambda found, asked=asked: found[0] if found[1] in asked else "",  # type: ignore[misc]
            css,
        )
        if lean == css:
            return re.sub(r"[^{};]+\{\}", "", css)
        css = lean


def _without_idle_animations(css: str) -> str:
    rest = re.sub(r"@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    return re.sub(
        r"@(?:-webkit-)?keyframes\s+([\w-]+)\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}",
        lambda found: found[0] if re.search(rf"animation[\w-]*:[^;}}]*{re.escape(found[1])}", rest) else "",
        css,
    )
