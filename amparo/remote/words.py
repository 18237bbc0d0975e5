"""Remote sessions in words: what the customer is asked and told, and their facts on the record of the case. LIV-2, LIV-3. Pure."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amparo.cases.words import Data, Telling
from amparo.cases.words import minutes as in_minutes

from .rules.record import Broken

MODES: Final = {"view": gettext_lazy("To see"), "control": gettext_lazy("To see and control")}
STATES: Final = {
    "offered": gettext_lazy("The code waits"),
    "joined": gettext_lazy("The customer is asked"),
    "consented": gettext_lazy("The engineer is awaited"),
    "running": gettext_lazy("Going on"),
    "dropped": gettext_lazy("The line dropped"),
    "ended": gettext_lazy("Over"),
}
TONES: Final = {"offered": "waiting", "joined": "waiting", "consented": "act", "running": "act", "dropped": "late", "ended": "done"}
WAYS: Final = {
    "helper": gettext_lazy("with the helper program"),
    "browser": gettext_lazy("by sharing the screen in the browser"),
    "meshcentral": gettext_lazy("through MeshCentral"),
}
REASONS: Final = {
    "stopped_by_customer": gettext_lazy("The customer stopped it"),
    "stopped_by_engineer": gettext_lazy("The engineer ended it"),
    "declined": gettext_lazy("The customer did not consent"),
    "unanswered": gettext_lazy("Nobody answered the question"),
    "expired": gettext_lazy("Nobody entered the code in time"),
    "withdrawn": gettext_lazy("The code was withdrawn"),
    "guessed": gettext_lazy("The code was withdrawn before anybody could use it, because somebody was guessing it"),
    "time": gettext_lazy("The time of attention was used up"),
    "bytes": gettext_lazy("It reached the size that one session may have"),
    "lost": gettext_lazy("The line dropped and did not come back"),
    "cut": gettext_lazy("It was cut by a fault of the service"),
    "fault": gettext_lazy("One of the ends broke the protocol"),
    "closed": gettext_lazy("The case is no longer in attention"),
}


FILM_FAULTS: Final = {
    "missing": gettext_lazy("its file is not there"),
    "changed": gettext_lazy("its file was changed"),
    "other": gettext_lazy("the record of the case tells another film"),
    "chain": gettext_lazy("the hash chain of the case does not hold"),
}


RECORD_FAULTS: Final = {
    "frame_ends": gettext_lazy("a frame breaks off"),
    "frame_long": gettext_lazy("a frame is longer than its chunk"),
    "ends": gettext_lazy("the record ends before its chunk %(number)s"),
    "other": gettext_lazy("where chunk %(number)s should begin stands something else"),
    "cut": gettext_lazy("chunk %(number)s breaks off"),
    "missing": gettext_lazy("chunk %(number)s is missing"),
    "changed": gettext_lazy("chunk %(number)s was changed"),
    "last": gettext_lazy("the last chunk is missing"),
    "gone": gettext_lazy("the file of the record is not there"),
}


def fault(error: Exception) -> str:
    """Return what of a record does not hold, or that it cannot be read, in the language that is active; no place on our disk."""
    if isinstance(error, Broken):
        return str(RECORD_FAULTS[error.what]) % {"number": error.number}
    return _("its file cannot be read") if isinstance(error, OSError) else _("what it holds cannot be understood")


def film_fault() -> str:
    """Return what is said of a film that is not in the file of its case."""
    return _("its file is not in the store as it was kept")


def ask_sentence(*, vendor: str, engineer: str, number: str, title: str, mode: str, minutes_left: int) -> str:
    """Return all that the customer is asked before anything is seen: this very text is kept with the answer. LIV-2."""
    lines = [
        _("%(engineer)s of %(vendor)s asks to see your screen and to use your keyboard and mouse.")
        if mode == "control"
        else _("%(engineer)s of %(vendor)s asks to see your screen, without touching anything."),
        _("It is for your case %(number)s: %(title)s."),
    ]
    if minutes_left:
        lines.append(
            ngettext(
                "For up to %(minutes)s minute of attention; then you are asked before anything more is charged.",
                "For up to %(minutes)s minutes of attention; then you are asked before anything more is charged.", minutes_left,
            )
        )  # fmt: skip
    lines.append(_("What is seen and done is recorded and kept with your case, where you can look at it."))
    lines.append(_("Close what you do not want to be seen. You stop everything at any time, with one key or with the button."))
    given = {"engineer": engineer, "vendor": vendor, "number": number, "title": title.rstrip("."), "minutes": minutes_left}
    return "\n".join(str(line) % given for line in lines)


def ask_control_sentence(engineer: str) -> str:
    """Return the question for control while the screen is seen already."""
    return _("%(engineer)s asks to use your keyboard and mouse. You can take it back at any time.") % {"engineer": engineer}


def ask_clipboard_sentence(engineer: str) -> str:
    """Return the question for the clipboard."""
    return _("%(engineer)s asks to share the clipboard: text only, what you copy from now on and what the engineer copies.") % {"engineer": engineer}


def banner(engineer: str, number: str) -> str:
    """Return what the banner says for as long as the session runs."""
    return _("%(engineer)s is connected to this computer · case %(number)s · it is recorded") % {"engineer": engineer, "number": number}


def clock_sentence(seconds: int, limit: int) -> str:
    """«13 min de 30»; without a limit the minutes alone."""
    if not limit:
        return in_minutes(seconds)
    return _("%(now)s of %(limit)s min") % {"now": seconds // 60, "limit": limit // 60}


def warn_sentence(minutes_left: int) -> str:
    """Return the warning near the limit. CAS-5."""
    return ngettext("%(count)s minute of this attention is left.", "%(count)s minutes of this attention are left.", minutes_left) % {"count": minutes_left}


def pause_sentence(limit_minutes: int) -> str:
    """Return what both sides are told at the limit. CAS-5, CHG-5."""
    return _(
        "The %(limit)s minutes of this attention are used up. Nothing is seen or done now, and the clock stands. "
        "How it goes on is asked in your case: nothing is charged without your consent."
    ) % {"limit": limit_minutes}


def played(milliseconds: int) -> str:
    """«2:05»: for how long a film plays."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"


def stood_sentence(seconds: int) -> str:
    """Return what the engineer is told whose page was away. CAS-5."""
    minutes = max(1, round(seconds / 60))
    return ngettext(
        "Your page was away for %(count)s minute: nothing was seen meanwhile, and the clock stood.",
        "Your page was away for %(count)s minutes: nothing was seen meanwhile, and the clock stood.", minutes,
    ) % {"count": minutes}  # fmt: skip


def end_sentence(reason: str, detail: str = "") -> str:
    """Return the last words of a session."""
    text = str(REASONS.get(reason, reason))
    return f"{text}. {detail[:1].upper()}{detail[1:]}." if detail else f"{text}."


def player_words() -> dict[str, str]:
    """Return what the player says, for its script."""
    return {
        "play": _("Play"), "pause": _("A pause"), "segment": _("Line connected"), "mode_view": _("Only seen from here on"),
        "mode_control": _("Controlled from here on"), "dropped": _("The line dropped"), "paused": _("The time was used up"), "end": _("The end"),
        "typed": _("Typed"), "clicked": _("Click at"), "clipboard_engineer": _("Clipboard of the engineer"),
        "clipboard_customer": _("Clipboard of the customer"), "clipboard_text": _("Text of the clipboard"),
        "characters": _("characters"), "loading": _("Loading…"), "failed": _("This part of the recording cannot be read."),
    }  # fmt: skip


def _offered(d: Data) -> str:
    text = _("%(number)s: a remote session to see the screen was offered.")
    if d["mode"] == "control":
        text = _("%(number)s: a remote session to see and control was offered.")
    return text % {"number": d["number"]}


def _consented(d: Data) -> str:
    text = _("%(number)s: the customer consented to be seen.")
    if d["mode"] == "control":
        text = _("%(number)s: the customer consented to be seen and controlled.")
    return text % {"number": d["number"]}


def _mode(d: Data) -> str:
    texts = {
        ("control", True): _("%(number)s: the customer consented to control."),
        ("control", False): _("%(number)s: the customer did not consent to control."),
        ("view", True): _("%(number)s: from here on the engineer only sees."),
    }
    return texts[(d["mode"], bool(d.get("answer", True)))] % {"number": d["number"]}


def _clipboard(d: Data) -> str:
    text = _("%(number)s: the customer consented to share the clipboard.")
    if not d["on"]:
        text = _("%(number)s: the clipboard is not shared.")
    return text % {"number": d["number"]}


def _ended(d: Data) -> str:
    given = {"number": d["number"], "time": in_minutes(d["seconds"]), "reason": REASONS.get(d["reason"], d["reason"]), "count": d["chunks"]}
    if not d["seconds"]:
        return _("%(number)s: the remote session ended before it began. %(reason)s.") % given
    text = _("%(number)s: the remote session ended after %(time)s. %(reason)s.") % given
    if not d["chunks"]:
        return text
    return text + " " + ngettext("Recorded in %(count)s chunk.", "Recorded in %(count)s chunks.", d["chunks"]) % given


def _dropped(d: Data) -> str:
    text = _("%(number)s: the line dropped; the clock stands.")
    if d.get("whose") == "engineer":
        text = _("%(number)s: the engineer's page gave no sign of life any more; the clock stands.")
    return text % {"number": d["number"]}


def _filmed(d: Data) -> str:
    text = ngettext("%(number)s: the recording is kept with this case, as %(count)s film.", "%(number)s: the recording is kept with this case, as %(count)s films.", d["count"])
    return text % {"number": d["number"], "count": d["count"]}


def _linked(d: Data) -> str:
    text = _("The computer «%(device)s» may be seen through MeshCentral for %(minutes)s min. It is asked there; nothing of it is recorded here.")
    if d["mode"] == "control":
        text = _("The computer «%(device)s» may be seen and controlled through MeshCentral for %(minutes)s min. It is asked there; nothing of it is recorded here.")
    return text % {"device": d["device"], "minutes": d["minutes"]}


def _plain(text: Any) -> Any:
    return lambda d: str(text) % {"number": d["number"]}


TELLINGS: Final[dict[str, Telling]] = {
    "remote.offered": Telling(_offered, "device-desktop"),
    "remote.linked": Telling(_linked, "external-link", inline=True),
    "remote.joined": Telling(_plain(gettext_lazy("%(number)s: the code was entered; the customer is asked.")), "device-desktop"),
    "remote.consented": Telling(_consented, "check", inline=True),
    "remote.declined": Telling(_plain(gettext_lazy("%(number)s: the customer did not consent; nothing was seen.")), "x", inline=True),
    "remote.began": Telling(_plain(gettext_lazy("%(number)s: the remote session began.")), "player-play"),
    "remote.dropped": Telling(_dropped, "plug-connected-x"),
    "remote.resumed": Telling(_plain(gettext_lazy("%(number)s: the line came back.")), "plug-connected"),
    "remote.mode": Telling(_mode, "pointer"),
    "remote.clipboard": Telling(_clipboard, "clipboard"),
    "remote.paused": Telling(_plain(gettext_lazy("%(number)s: the time is used up; nothing is seen or done until it is decided.")), "player-pause"),
    "remote.ended": Telling(_ended, "device-desktop-off", inline=True),
    "remote.filmed": Telling(_filmed, "video", inline=True),
    "remote.withdrawn": Telling(_plain(gettext_lazy("%(number)s: the code was withdrawn, because codes were being guessed.")), "shield", staff=True),
    "remote.revealed": Telling(_plain(gettext_lazy("%(number)s: what was typed was read, unmasked.")), "eye"),
    "remote.recording_purged": Telling(
        _plain(gettext_lazy("%(number)s: the recording was removed because its time was over; its hash stays.")), "archive"
    ),
}
