"""The language of formulas: exact arithmetic over named parameters, checked before it is ever trusted. QUO-2.

Numbers, names, `+ - * /`, comparisons, `and or not`, and the functions `ceil`, `min`, `max`, `if(condition, a, b)`.
No loops, no other calls, nothing of Python. All arithmetic is of exact fractions; a result is rounded up to the whole,
once, at the end. `checked` walks a formula with the ranges of its parameters (interval arithmetic): what could divide
by zero, grow too large or leave the lawful range is refused with its column before it is saved. Pure.
The prose with worked numbers is `docs/algorithms/formulas.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final, NoReturn

from amparo.quotations.errors import FormulaWrong

TEXT_MAX: Final = 400
PARTS_MAX: Final = 120
DEPTH_MAX: Final = 16
VALUE_MAX: Final = 10**12
FUNCTIONS: Final = {"ceil": (1, 1), "min": (2, 12), "max": (2, 12), "if": (3, 3)}
WORDS: Final = frozenset({*FUNCTIONS, "and", "or", "not", "tariff", "yes", "no", "floor", "round", "true", "false"})
COMPARISONS: Final = ("<=", ">=", "!=", "=", "<", ">")
_TRUTHS: Final = frozenset({*COMPARISONS, "and", "or", "not", "truth"})

_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)"
    r"|(?P<sign><=|>=|!=|==|[-+*/(),<>=])|(?P<space>[ \t\r\n]+)",
    re.ASCII,
)
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?", re.ASCII)

Value = Fraction | bool


@dataclass(frozen=True, slots=True)
class Range:
    """What a name may be, both ends included; a yes or no has no numbers."""

    low: Fraction
    high: Fraction
    is_truth: bool = False


TRUTH: Final = Range(Fraction(0), Fraction(1), is_truth=True)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a formula and where it stands. `op` is a sign, a function, `number`, `name` or `truth`."""

    op: str
    place: int
    text: str
    parts: tuple[Node, ...] = ()
    number: Fraction = Fraction(0)


def whole(value: Fraction) -> int:
    """Round a result up to the whole: the one rounding there is. QUO-2."""
    return ceil(value)


def number_range(low: int, high: int) -> Range:
    """Return the range of a whole number from `low` to `high`."""
    return Range(Fraction(low), Fraction(high))


# --- reading ---------------------------------------------------------------------------------------------------------


def parse(text: str) -> Node:
    """Read a formula into its parts. Raises FormulaWrong with the column, and nothing else, whatever the text."""
    if len(text) > TEXT_MAX:
        raise FormulaWrong("too_long", TEXT_MAX, len(text) - TEXT_MAX, limit=TEXT_MAX)
    if not text.strip():
        raise FormulaWrong("empty", 0)
    return _Reader(tuple(_tokens(text))).formula()


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise FormulaWrong("character", place, found=text[place])
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(kind, "=" if found.group() == "==" else found.group(), place)
        place = found.end()
    yield Token("end", "", len(text))


class _Reader:
    """Reads by rank: or, and, not, comparison, sum, product, sign, the thing itself."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens, self.index, self.parts, self.depth = tokens, 0, 0, 0

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    def formula(self) -> Node:
        node = self.any_of()
        if self.now.kind != "end":
            self.refuse("more")
        return node

    def refuse(self, wanted: str) -> NoReturn:
        if self.now.kind == "end":
            raise FormulaWrong("ended", self.now.place, wanted=wanted)
        raise FormulaWrong("expected", self.now.place, len(self.now.text), found=self.now.text, wanted=wanted)

    def take(self) -> Token:
        token = self.now
        self.index += 1
        return token

    def made(self, op: str, token: Token, parts: tuple[Node, ...] = (), number: Fraction = Fraction(0)) -> Node:
        self.parts += 1
        if self.parts > PARTS_MAX:
            raise FormulaWrong("too_large", token.place, limit=PARTS_MAX)
        return Node(op, token.place, token.text, parts, number)

    def any_of(self) -> Node:
        node = self.all_of()
        while self.now.text == "or":
            node = self.made("or", self.take(), (node, self.all_of()))
        return node

    def all_of(self) -> Node:
        node = self.negated()
        while self.now.text == "and":
            node = self.made("and", self.take(), (node, self.negated()))
        return node

    def negated(self) -> Node:
        if self.now.text == "not":
            token = self.take()
            with_deeper = self.deeper(token)
            node = self.made("not", token, (self.negated(),))
            self.depth = with_deeper
            return node
        return self.compared()

    def compared(self) -> Node:
        node = self.summed()
        if self.now.kind == "sign" and self.now.text in COMPARISONS:
            node = self.made(self.now.text, self.take(), (node, self.summed()))
        return node

    def summed(self) -> Node:
        node = self.multiplied()
        while self.now.kind == "sign" and self.now.text in "+-":
            node = self.made(self.now.text, self.take(), (node, self.multiplied()))
        return node

    def multiplied(self) -> Node:
        node = self.signed()
        while self.now.kind == "sign" and self.now.text in "*/":
            node = self.made(self.now.text, self.take(), (node, self.signed()))
        return node

    def signed(self) -> Node:
        if self.now.kind == "sign" and self.now.text == "-":
            token = self.take()
            before = self.deeper(token)
            node = self.made("negative", token, (self.signed(),))
            self.depth = before
            return node
        return self.thing()

    def thing(self) -> Node:
        token = self.now
        if token.kind == "number":
            self.take()
            if not _NUMBER.fullmatch(token.text):
                raise FormulaWrong("number", token.place, len(token.text), found=token.text[:20])
            return self.made("number", token, number=Fraction(token.text))
        if token.kind == "name" and token.text not in ("and", "or", "not"):
            self.take()
            if self.now.text == "(":
                return self.called(token)
            if token.text in ("yes", "no"):
                return self.made("truth", token, number=Fraction(token.text == "yes"))
            if token.text in FUNCTIONS:
                self.refuse("(")
            return self.made("name", token)
        if token.text == "(":
            before = self.deeper(self.take())
            node = self.any_of()
            self.closed()
            self.depth = before
            return node
        self.refuse("thing")

    def called(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            raise FormulaWrong("unknown_function", token.place, len(token.text), found=token.text[:40])
        before = self.deeper(self.take())
        parts = [self.any_of()]
        while self.now.text == ",":
            self.take()
            parts.append(self.any_of())
        self.closed()
        self.depth = before
        least, most = FUNCTIONS[token.text]
        if not least <= len(parts) <= most:
            wanted = str(least) if least == most else f"{least}–{most}"
            raise FormulaWrong("arguments", token.place, len(token.text), found=token.text, wanted=wanted)
        return self.made(token.text, token, tuple(parts))

    def closed(self) -> None:
        if self.now.text != ")":
            self.refuse(")")
        self.take()

    def deeper(self, token: Token) -> int:
        before = self.depth
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise FormulaWrong("too_deep", token.place, limit=DEPTH_MAX)
        return before


# --- checking --------------------------------------------------------------------------------------------------------


def checked(text: str, names: Mapping[str, Range], *, least: int, most: int) -> Node:
    """Read a formula and prove by the ranges of its names that its result is always from `least` to `most`. QUO-2.

    Raises FormulaWrong: an unknown name, a division that can be by zero, what grows beyond the limit, a yes or no
    where a number belongs. The proof is by intervals, so it may refuse what a person sees to be safe; never the other way.
    """
    node = parse(text)
    found = _number(node, names)
    if whole(found.low) < least:
        raise FormulaWrong("too_low", node.place, low=str(whole(found.low)), limit=least)
    if whole(found.high) > most:
        raise FormulaWrong("too_high", node.place, high=str(whole(found.high)), limit=most)
    return node


def _number(node: Node, names: Mapping[str, Range]) -> Range:
    found = _range(node, names)
    if found.is_truth:
        raise FormulaWrong("wants_number", node.place, len(node.text), found=_shown(node))
    if max(abs(found.low), abs(found.high)) > VALUE_MAX:
        raise FormulaWrong("overflow", node.place, len(node.text), limit=VALUE_MAX)
    return found


def _truth(node: Node, names: Mapping[str, Range]) -> None:
    if not _range(node, names).is_truth:
        raise FormulaWrong("wants_truth", node.place, len(node.text), found=_shown(node))


def _shown(node: Node) -> str:
    return node.text if node.op in ("name", "number", "truth") else "…"


def _range(node: Node, names: Mapping[str, Range]) -> Range:
    """Return within which numbers a part stays, whatever its names are."""
    if node.op == "number":
        return Range(node.number, node.number)
    if node.op == "name":
        if (found := names.get(node.text)) is None:
            known = ", ".join(sorted(names)) or "—"
            raise FormulaWrong("unknown_name", node.place, len(node.text), found=node.text[:60], known=known)
        return found
    if node.op in _TRUTHS:
        for part in node.parts:
            if node.op in COMPARISONS:
                _number(part, names)
            else:
                _truth(part, names)
        return TRUTH
    if node.op == "if":
        _truth(node.parts[0], names)
        one, other = _number(node.parts[1], names), _number(node.parts[2], names)
        return Range(min(one.low, other.low), max(one.high, other.high))
    ranges = [_number(part, names) for part in node.parts]
    return _arithmetic(node, ranges)


def _arithmetic(node: Node, ranges: list[Range]) -> Range:
    first = ranges[0]
    match node.op:
        case "negative":
            return Range(-first.high, -first.low)
        case "ceil":
            return Range(Fraction(whole(first.low)), Fraction(whole(first.high)))
        case "min":
            return Range(min(r.low for r in ranges), min(r.high for r in ranges))
        case "max":
            return Range(max(r.low for r in ranges), max(r.high for r in ranges))
    second = ranges[1]
    match node.op:
        case "+":
            return Range(first.low + second.low, first.high + second.high)
        case "-":
            return Range(first.low - second.high, first.high - second.low)
        case "*":
            corners = [a * b for a in (first.low, first.high) for b in (second.low, second.high)]
        case _:
            if second.low <= 0 <= second.high:
                raise FormulaWrong("divides_by_zero", node.place, low=_plain(second.low), high=_plain(second.high))
            corners = [a / b for a in (first.low, first.high) for b in (second.low, second.high)]
    return Range(min(corners), max(corners))


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}"


def names_in(node: Node) -> set[str]:
    """Return the names that a formula uses."""
    return {node.text} if node.op == "name" else {name for part in node.parts for name in names_in(part)}


# --- computing -------------------------------------------------------------------------------------------------------


def result(node: Node, values: Mapping[str, int | bool], *, least: int, most: int) -> int:
    """Compute a formula that was checked, rounded up to the whole. Raises FormulaWrong where the values are beyond
    what it was checked for (a price of the tariff that changed since, say). QUO-2."""
    found = whole(_computed(node, values))
    if found < least:
        raise FormulaWrong("too_low", node.place, low=str(found), limit=least)
    if found > most:
        raise FormulaWrong("too_high", node.place, high=str(found), limit=most)
    return found


def _computed(node: Node, values: Mapping[str, int | bool]) -> Fraction:
    found = _value(node, values)
    if isinstance(found, bool):
        raise FormulaWrong("wants_number", node.place, len(node.text), found=_shown(node))
    if abs(found) > VALUE_MAX:
        raise FormulaWrong("overflow", node.place, len(node.text), limit=VALUE_MAX)
    return found


def _held(node: Node, values: Mapping[str, int | bool]) -> bool:
    found = _value(node, values)
    if not isinstance(found, bool):
        raise FormulaWrong("wants_truth", node.place, len(node.text), found=_shown(node))
    return found


def _value(node: Node, values: Mapping[str, int | bool]) -> Value:
    match node.op:
        case "number":
            return node.number
        case "truth":
            return bool(node.number)
        case "name":
            if node.text not in values:
                known = ", ".join(sorted(values)) or "—"
                raise FormulaWrong("unknown_name", node.place, len(node.text), found=node.text[:60], known=known)
            given = values[node.text]
            return given if isinstance(given, bool) else Fraction(given)
        case "and":
            return all([_held(part, values) for part in node.parts])
        case "or":
            return any([_held(part, values) for part in node.parts])
        case "not":
            return not _held(node.parts[0], values)
        case "if":
            chosen = node.parts[1] if _held(node.parts[0], values) else node.parts[2]
            return _computed(chosen, values)
    return _calculated(node, [_computed(part, values) for part in node.parts])


def _calculated(node: Node, given: list[Fraction]) -> Value:
    match node.op:
        case "negative":
            return -given[0]
        case "ceil":
            return Fraction(whole(given[0]))
        case "min":
            return min(given)
        case "max":
            return max(given)
        case "+":
            return given[0] + given[1]
        case "-":
            return given[0] - given[1]
        case "*":
            return given[0] * given[1]
        case "/":
            if given[1] == 0:
                raise FormulaWrong("divides_by_zero", node.place, low="0", high="0")
            return given[0] / given[1]
    one, other = given
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other, "=": one == other, "!=": one != other}[node.op]
