"""The components that one page shows by the hundred, drawn in Python: a tenth of a macro's time for the same HTML.

They are reached like all others, through `ui/components.html`. Every value from outside goes through `_e`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from django.templatetags.static import static
from django.utils.translation import get_language, gettext, gettext_noop
from markupsafe import Markup
from markupsafe import escape as _e

from . import formats

_SIGNS = {
    "act": "hand-finger", "late": "alert-circle", "waiting": "clock-pause", "done": "circle-check", "money": "coins",
}  # fmt: skip
_NOTES = ("note", "internal")
# What is said below, where the catalogue's maker finds it.
_SENTENCES = (
    gettext_noop("No promise is running"), gettext_noop("kept, %(early)s early"), gettext_noop("kept"),
    gettext_noop("no longer owed"), gettext_noop("answered %(late)s late"), gettext_noop("late by %(late)s"),
    gettext_noop("%(left)s left"), gettext_noop("Internal note: the customer does not see it"), gettext_noop("Remove %(name)s"),
)  # fmt: skip
_MATTER = ("number", "title", "url", "state", "tone", "detail", "due_at", "started_at")
Caller = Callable[[], Any] | None


@lru_cache(maxsize=512)
def _svg(name: str, css: str = "") -> str:
    mark = f" {css}" if css else ""
    return f'<svg class="icon{mark}" aria-hidden="true"><use href="{static("vendor/icons.svg")}#{_e(name)}"/></svg>'


@lru_cache(maxsize=512)
def _say_in(_language: str | None, sentence: str) -> str:
    return gettext(sentence)


def _say(sentence: str) -> str:
    """Return a fixed sentence in the active language, asked of the catalogue once."""
    return _say_in(get_language(), sentence)


def _titled(title: str) -> str:
    """Return a matter's title; where its content was purged with it, that."""
    return str(_e(title)) if title else gettext("Content purged")


def _html(text: str) -> Markup:
    """Mark what this module has drawn as HTML: each value in it went through `_e`, or is a number or time of ours."""
    return Markup(text)  # noqa: S704


def icon(name: str, label: str = "", size: str = "") -> Markup:
    if label:
        mark = f" icon-{_e(size)}" if size else ""
        href = f"{static('vendor/icons.svg')}#{_e(name)}"
        return _html(
            f'<svg class="icon{mark}" role="img" aria-label="{_e(label)}"><use href="{href}"/></svg>'
        )
    return _html(_svg(name, f"icon-{size}" if size else ""))


def badge(label: Any, tone: str = "neutral", icon: str | None = None) -> Markup:
    return _badge(str(label), tone, icon)


@lru_cache(maxsize=1024)
def _badge(label: str, tone: str, icon: str | None) -> Markup:
    sign = icon or _SIGNS.get(tone)
    drawn = _svg(sign) if sign else ""
    return _html(f'<span class="badge-state tone-{_e(tone)}">{drawn}{_e(label)}</span>')


def amount(unit: str, n: int) -> Markup:
    return _amount(get_language(), unit, n)


@lru_cache(maxsize=2048)
def _amount(_language: str | None, unit: str, n: int) -> Markup:
    return _html(f'<span class="amount unit-{_e(unit)}">{_e(formats.amount(unit, n))}</span>')


def avatar(name: str, url: str | None = None, small: bool = False) -> Markup:
    mark = " is-small" if small else ""
    if url:
        return _html(f'<img class="avatar-round{mark}" src="{_e(url)}" alt="">')
    letters = _e(formats.initials(name))
    return _html(
        f'<span class="avatar-round hue-{formats.hue(name)}{mark}" aria-hidden="true">{letters}</span>'
    )


class Seen(NamedTuple):
    """From when and where times are looked at, and in which language; asked once for many of them."""

    now: datetime
    zone: tzinfo
    today: date
    language: str | None


@lru_cache(maxsize=8192)
def _moment(at: datetime, zone: tzinfo, today: date, language: str | None) -> tuple[str, str]:
    """Return a moment in full and in words, as seen on a day."""
    full = formats.moment_full(at, zone=zone, language=language)
    return full, formats.moment_on(at, today=today, zone=zone, language=language)


class Clocked:
    """Components that draw times: as seen at a moment, from a zone (asked anew for each page)."""

    def __init__(self, seen_from: Callable[[], tuple[datetime, tzinfo]]) -> None:
        self.seen_from = seen_from

    def _seen(self) -> Seen:
        now, zone = self.seen_from()
        return Seen(now, zone, now.astimezone(zone).date(), get_language())

    def when(self, at: datetime | date, form: str = "when") -> str:
        """Return a time in words; forms: when, clock, day, date (with year), full."""
        seen, zone = self.seen_from()
        if not isinstance(at, datetime):
            return (
                formats.day_full(at)
                if form == "full"
                else formats.day(at, today=seen.astimezone(zone).date())
            )
        if form == "when":
            return formats.moment(at, now=seen, zone=zone)
        if form == "clock":
            return formats.clock(at, zone=zone)
        if form == "full":
            return formats.moment_full(at, zone=zone)
        on = at.astimezone(zone).date()
        return formats.day(on, today=seen.astimezone(zone).date()) if form == "day" else formats.day_full(on)

    def time(self, at: datetime | date | None, form: str = "when") -> Markup:
        if not at:
            return _html('<span class="nothing">—</span>')
        if form == "when" and isinstance(at, datetime):
            seen = self._seen()
            full, words = _moment(at, seen.zone, seen.today, seen.language)
        else:
            full, words = self.when(at, "full"), self.when(at, form)
        return _html(f'<time datetime="{at.isoformat()}" title="{full}">{words}</time>')

    def promise(
        self, due_at: datetime | None, state: str = "open", met_at: datetime | None = None,
        started_at: datetime | None = None, label: Any = "", compact: bool = False,
    ) -> Markup:  # fmt: skip
        """Draw a promise: kept, no longer owed, answered late, late, or running with what is left of it."""
        if not due_at:
            text = _say("No promise is running")
            return _html(f'<span class="promise tone-neutral"><span class="promise-at">{text}</span></span>')
        return self._promise(self._seen(), due_at, state, met_at, started_at, label, compact)

    def _promise(
        self, seen: Seen, due_at: datetime, state: str = "open", met_at: datetime | None = None,
        started_at: datetime | None = None, label: Any = "", compact: bool = False,
    ) -> Markup:  # fmt: skip
        tone, sign, left = _standing_of(due_at, state, met_at, started_at, seen.now, seen.language)
        clock, due = "", due_at.isoformat()
        if sign is None:
            gone = (
                formats.share_gone(started_at, due_at, now=seen.now)
                if started_at
                else (100 if tone == "late" else 0)
            )
            sign_html = _ring(gone)
            started = f' data-started="{started_at.isoformat()}"' if started_at else ""
            clock = f' data-clock="promise" data-due="{due}"{started}'
        else:
            sign_html = _svg(sign, "promise-sign")
        head = f'<span class="promise-label">{_e(str(label))}</span>' if label and not compact else ""
        full, words = _moment(due_at, seen.zone, seen.today, seen.language)
        return _html(
            f'<span class="promise tone-{tone}{" is-compact" if compact else ""}"{clock}>{sign_html}'
            f'<span class="promise-words">{head}<time class="promise-at" datetime="{due}" title="{full}">'
            f'{words}</time> <span class="promise-left" data-left>{left}</span></span></span>'
        )

    def queue_row(self, *given: Any, **named: Any) -> Markup:
        """Draw one row of the queue: what is owed, what it is about, whose it is. It takes what `_queue_row` does."""
        return self._queue_row(self._seen(), *given, **named)

    def queue_rows(self, rows: Iterable[Mapping[str, Any]]) -> Markup:
        """Draw rows of the queue one after the other: each names what `queue_row` takes."""
        seen = self._seen()
        return _html("\n".join(self._queue_row(seen, **row) for row in rows))

    def _queue_row(
        self, seen: Seen, number: str, title: str, who: str, url: str, due_at: datetime | None = None,
        started_at: datetime | None = None, state: Any = "", tone: str = "neutral", unread: bool = False,
        current: bool = False, assignee: str = "", kind: str = "", priority: int | None = None,
        last_at: datetime | None = None,
    ) -> Markup:  # fmt: skip
        shown = badge(state, tone) if state else ""
        owed, end = (self._promise(seen, due_at, started_at=started_at, compact=True), shown) if due_at else (shown, "")
        mine = f'<span class="queue-assignee">{_e(assignee)}</span>' if assignee else ""
        return _html(
            f'<a class="queue-row{" is-unread" if unread else ""}" href="{_e(url)}" data-row'
            f'{" aria-current=true" if current else ""}><span class="queue-promise">{owed}</span>'
            f'<span class="queue-title">{_titled(title)}</span><span class="queue-who"><span class="queue-number">{_e(number)}'
            f'</span>{_e(who)}</span><span class="queue-end">{end}{mine}</span></a>'
        )

    def matter_row(
        self, number: str, title: str, url: str, state: Any, tone: str = "neutral", detail: Any = "",
        due_at: datetime | None = None, started_at: datetime | None = None,
    ) -> Markup:  # fmt: skip
        """Draw one matter of a customer: its title, its state in the customer's words, what is promised."""
        owed = self.promise(due_at, started_at=started_at, compact=True) if due_at else ""
        return _html(
            f'<a class="matter" href="{_e(url)}"><span class="matter-words"><span class="matter-title">{_titled(title)}</span>'
            f'<span class="matter-detail"><span class="matter-number">{_e(number)}</span>{_e(str(detail))}</span></span>'
            f'<span class="matter-state">{badge(state, tone)}{owed}</span>{_svg("chevron-right")}</a>'
        )

    def matter_rows(self, rows: Iterable[Mapping[str, Any]]) -> Markup:
        """Draw matters one after the other: each names what `matter_row` takes; what else it names is left out."""
        return _html("\n".join(self.matter_row(**{name: row[name] for name in _MATTER}) for row in rows))

    def entry(
        self, author: str, at: datetime, body_html: str = "", kind: str = "message", author_kind: str = "customer",
        role: Any = "", files: Iterable[Any] = (), id: str = "", via: Any = "", seq: int | None = None,
        avatar_url: str | None = None, whole_url: str = "", caller: Caller = None,
    ) -> Markup:  # fmt: skip
        """Draw an entry of a record on its paper. `body_html` is already clean (kernel.markdown).

        `whole_url`: where the whole e-mail stands of which the body is what was new; fetched when it is unfolded.
        """
        internal = kind in _NOTES
        seal = (
            f'<p class="entry-seal">{_svg("lock")}{_say("Internal note: the customer does not see it")}</p>'
            if internal
            else ""
        )
        when = f'<a href="#{_e(id)}">{self.time(at)}</a>' if id else self.time(at)
        shown = "".join(file_item(f.name, f.size, f.url, getattr(f, "content_type", "") or "") for f in files)
        whole = (
            f'<details class="entry-whole" hx-get={_quoted(whole_url)} hx-trigger="toggle once" hx-target="find [data-whole]">'
            f'<summary>{_say("The whole e-mail")}</summary><div data-whole><a href={_quoted(whole_url)}>{_say("Open it")}</a></div></details>'
            if whole_url
            else ""
        )
        return _html(
            f'<article class="entry entry-{"note" if internal else _e(kind)} from-{_e(author_kind)}"'
            f"{f' id={_quoted(id)}' if id else ''}{f' data-seq={_quoted(seq)}' if seq is not None else ''}>{seal}"
            f'<header class="entry-head">{avatar(author, avatar_url)}<span class="entry-author">{_e(author)}</span>'
            f'{_part("entry-role", role)}{_part("entry-via", via)}<span class="entry-time">{when}</span></header>'
            f'<div class="entry-body prose">{body_html}</div>'
            f"{f'<div class=entry-files>{shown}</div>' if shown else ''}{whole}"
            f"{f'<footer class=entry-foot>{caller()}</footer>' if caller is not None else ''}</article>"
        )

    def fact(
        self, text: Any, at: datetime, icon: str = "point", tone: str = "neutral", author: str = "", id: str = "", url: str = "",
    ) -> Markup:  # fmt: skip
        """Draw a fact of a record: one line, which may lead to what it tells of."""
        said = f'<a href={_quoted(url)}>{_e(_plain(text))}</a>' if url else _e(_plain(text))
        by = f' <span class="fact-author">{_e(author)}</span>' if author else ""
        return _html(
            f'<div class="fact tone-{_e(tone)}"{f" id={_quoted(id)}" if id else ""}><span class="fact-sign">{_svg(icon)}</span>'
            f'<p>{said}{by}</p><span class="fact-time">{self.time(at)}</span></div>'
        )


def _plain(value: Any) -> Any:
    """A lazy text becomes text; what is safe HTML stays so."""
    return value if hasattr(value, "__html__") else str(value)


def _quoted(value: Any) -> str:
    return f'"{_e(value)}"'


def _part(css: str, text: Any) -> str:
    return f'<span class="{css}">{_e(_plain(text))}</span>' if text else ""


@lru_cache(maxsize=101)
def _ring(percent: int) -> str:
    return (
        '<svg class="ring" viewBox="0 0 20 20" aria-hidden="true"><circle class="ring-ground" cx="10" cy="10" r="8"/>'
        '<circle class="ring-gone" cx="10" cy="10" r="8" pathLength="100" '
        f'stroke-dasharray="{percent} 100" transform="rotate(-90 10 10)" data-ring/></svg>'
    )


def _standing_of(
    due_at: datetime,
    state: str,
    met_at: datetime | None,
    started_at: datetime | None,
    now: datetime,
    language: str | None,
) -> tuple[str, str | None, str]:
    """Return tone, sign (None while it runs) and the words of how a promise stands."""
    if state in ("kept", "met") or (met_at and met_at <= due_at):
        early = formats.duration(due_at - met_at, language=language) if met_at else ""
        words = (
            _say_in(language, "kept, %(early)s early") % {"early": early}
            if met_at
            else _say_in(language, "kept")
        )
        return "done", "circle-check", words
    if state == "ended":
        return "neutral", "circle-minus", _say_in(language, "no longer owed")
    if met_at:
        late = formats.duration(met_at - due_at, language=language)
        return "late", "alert-circle", _say_in(language, "answered %(late)s late") % {"late": late}
    tone = formats.promise_tone(due_at, now=now, started_at=started_at)
    if state == "broken" or tone == "late":
        late = formats.duration(now - due_at, language=language)
        return (
            "late",
            "alert-circle" if state == "broken" else None,
            _say_in(language, "late by %(late)s") % {"late": late},
        )
    return (
        tone,
        None,
        _say_in(language, "%(left)s left") % {"left": formats.duration(due_at - now, language=language)},
    )


def file_item(
    name: str, size: int | None = None, url: str = "", content_type: str = "", remove: str | None = None,
    percent: int | None = None, error: Any = "",
) -> Markup:  # fmt: skip
    """Draw a file: its name, its size or how far it is, what was wrong with it."""
    sign = (
        "photo"
        if content_type.startswith("image/")
        else "file-type-pdf"
        if content_type == "application/pdf"
        else "file"
    )
    going = percent is not None and percent < 100
    state = (
        _plain(error)
        if error
        else f"{percent} %"
        if going
        else formats.size(size)
        if size is not None
        else ""
    )
    shown = (
        f'<a class="file-name" href="{_e(url)}">{_e(name)}</a>'
        if url
        else f'<span class="file-name">{_e(name)}</span>'
    )
    bar = (
        f'<progress class="file-progress" max="100" value="{percent}" aria-label="{_e(name)}"></progress>'
        if going
        else ""
    )
    off = ""
    if remove:
        label = _say("Remove %(name)s") % {"name": name}
        off = (
            f'<button type="button" class="file-remove" data-file-remove="{_e(remove)}" aria-label="{_e(label)}">'
            f"{_svg('x')}</button>"
        )
    return _html(
        f'<span class="file{" has-error" if error else ""}" data-file>{_svg(sign)}<span class="file-words">{shown}'
        f'<span class="file-size" data-file-state>{_e(state)}</span></span>{bar}{off}</span>'
    )


def drawn(seen_from: Callable[[], tuple[datetime, tzinfo]]) -> dict[str, Callable[..., Any]]:
    """Return the components of this module by name, with times as seen from there."""
    clocked = Clocked(seen_from)
    names: Sequence[str] = ("time", "promise", "queue_row", "queue_rows", "matter_row", "matter_rows", "entry", "fact")
    found: dict[str, Callable[..., Any]] = {
        "icon": icon,
        "amount": amount,
        "badge": badge,
        "avatar": avatar,
        "file_item": file_item,
    }
    return found | {name: getattr(clocked, name) for name in names}
