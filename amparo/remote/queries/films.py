"""The films of screens that a browser shared, verified: by the fact that tells them, by its chain, and by their bytes as they were last read. LIV-3, CAS-1, CAS-7."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import datetime

from amparo.files.commands import disk
from amparo.history.queries import facts, faults_of_chain
from amparo.remote.models import Film, Session, Verification

GONE, HIDDEN = "", "?"


@dataclass(frozen=True, slots=True)
class FilmRow:
    """One film as a page shows it; `fault` says what does not hold.

    Without one it is whole if `verified_at` is a moment: then its bytes were read to the end, and nobody touched the file since. Where it is
    none it was not read yet as it lies there now, and nobody says that it is whole.
    """

    number: int
    url: str
    sha256: str
    octets: int
    milliseconds: int | None
    fault: str
    verified_at: datetime | None


def films_of(session: Session) -> list[FilmRow]:
    """Return the films of a session with what is known of each. No film is read: see `commands.verify_due`."""
    rows = list(Film.objects.filter(session=session).select_related("file", "verification").order_by("number"))
    if not rows:
        return []
    told = _told(session)
    altered = "chain" if next(faults_of_chain(session.case.subject), "") else ""
    return [_row(one, told, altered) for one in rows]


def _told(session: Session) -> dict[str, int | None]:
    """Return the lengths that the facts of the case tell, by hash; of the first films no fact tells the length."""
    found: dict[str, int | None] = {}
    for fact in facts(session.case.subject):
        if fact.name == "remote.filmed" and fact.data.get("session") == session.pk:
            hashes = fact.data["sha256"]
            found |= dict(zip(hashes, fact.data.get("octets", [None] * len(hashes)), strict=True))
    return found


def _row(film: Film, told: dict[str, int | None], altered: str) -> FilmRow:
    last: Verification | None = getattr(film, "verification", None)
    lie = lies(film.sha256)
    read = last if last is not None and last.lay == lie and last.asked_at is None else None
    fault = _fault(film, told, lie) or (read.fault if read else "") or altered
    return FilmRow(film.number, film.file.url, film.sha256, film.octets, film.milliseconds, fault, read.verified_at if read else None)


def _fault(film: Film, told: dict[str, int | None], lie: str) -> str:
    """Return what is seen without reading it."""
    if lie == GONE:
        return "missing"
    if lie == HIDDEN:
        return "unreadable"
    if film.sha256 not in told or told[film.sha256] not in (None, film.octets):
        return "other"
    return "" if int(lie.partition(":")[0]) == film.octets else "changed"


def lies(sha256: str) -> str:
    """Tell how the bytes of a hash lie on the disk: length, moments of the last change of bytes and of anything, and place.

    Whatever is written there, or put in its place, changes that: the moment of the last change is the system's own, and is set by nobody.
    `GONE` where nothing lies there, `HIDDEN` where we may not look.
    """
    try:
        found = disk.path_of(sha256).stat()
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError:
        return HIDDEN
    if not stat.S_ISREG(found.st_mode):
        return GONE
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"


def film_ids_of_case(case_id: int) -> list[int]:
    """Return the files that are films of a case, oldest first: for the file of the case. CAS-7."""
    return list(Film.objects.filter(session__case=case_id).order_by("pk").values_list("file_id", flat=True))
