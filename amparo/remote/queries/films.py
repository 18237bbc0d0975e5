"""The films of screens that a browser shared, verified: by their bytes, by the fact that tells them, and by its chain. LIV-3, CAS-1, CAS-7."""

from __future__ import annotations

from dataclasses import dataclass

from amparo.files.commands import disk
from amparo.history.queries import facts, faults_of_chain
from amparo.remote.models import Film, Session


@dataclass(frozen=True, slots=True)
class FilmRow:
    """One film as a page shows it; `fault` says what does not hold (empty: it is whole)."""

    number: int
    url: str
    sha256: str
    octets: int
    milliseconds: int | None
    fault: str


def films_of(session: Session) -> list[FilmRow]:
    """Return the films of a session, each verified to its last byte."""
    rows = list(Film.objects.filter(session=session).select_related("file").order_by("number"))
    if not rows:
        return []
    told = _told(session)
    altered = next(faults_of_chain(session.case.subject), "")
    return [FilmRow(one.number, one.file.url, one.sha256, one.octets, one.milliseconds, _fault(one, told) or altered) for one in rows]


def _told(session: Session) -> dict[str, int | None]:
    """Return the lengths that the facts of the case tell, by hash; of the first films no fact tells the length."""
    found: dict[str, int | None] = {}
    for fact in facts(session.case.subject):
        if fact.name == "remote.filmed" and fact.data.get("session") == session.pk:
            hashes = fact.data["sha256"]
            found |= dict(zip(hashes, fact.data.get("octets", [None] * len(hashes)), strict=True))
    return found


def _fault(film: Film, told: dict[str, int | None]) -> str:
    path = disk.path_of(film.file.sha256)
    if not path.is_file():
        return "its file is not there"
    if film.sha256 not in told or told[film.sha256] not in (None, film.octets):
        return "the record of the case tells another film"
    if path.stat().st_size != film.octets or disk.hash_of(path) != film.sha256:
        return "its file was changed"
    return ""


def film_ids_of_case(case_id: int) -> list[int]:
    """Return the files that are films of a case, oldest first: for the file of the case. CAS-7."""
    return list(Film.objects.filter(session__case=case_id).order_by("pk").values_list("file_id", flat=True))
