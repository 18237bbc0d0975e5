"""What was judged, written through the commands that a screen would call, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from amparo.contracts.commands.contracts import sell_contract
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Refusal
from amparo.people import commands as people
from amparo.products import commands as products

from .checking import Judged


def apply(
    kind: str,
    rows: Sequence[Judged],
    *,
    letters: bool,
    told: Callable[[int], None] = lambda done: None,
    actor: Actor,
    at: datetime,
) -> bool:
    """Write every row that is new or changed; stop at the first that is refused, with the refusal beside it.

    Returns False where one was refused: the caller undoes all. `letters`: new contacts get an invitation by e-mail;
    `told` hears after each row how many are done.
    """
    write = _WRITES[kind]
    for done, row in enumerate(rows, start=1):
        told(done)
        if row.action not in ("new", "changed"):
            continue
        try:
            write(row, letters, actor, at)
        except Refusal as refusal:
            row.wrong(getattr(refusal, "field", None) or "", refusal.text)
            return False
    return True


def _customer(row: Judged, letters: bool, actor: Actor, at: datetime) -> None:
    if row.found is None:
        people.register_customer(**row.values, actor=actor, at=at)
    else:
        people.update_customer(row.found, actor=actor, at=at, **{name: after for name, _before, after in row.changes})


def _contact(row: Judged, letters: bool, actor: Actor, at: datetime) -> None:
    cells = row.values
    if row.found is not None:
        after = {name: value for name, _before, value in row.changes}
        if "company_role" in after:
            people.change_company_role(row.found, after["company_role"], actor=actor, at=at)
        if {"title", "phone"} & set(after):
            people.update_contact(
                row.found, title=after.get("title", row.found.title), phone=after.get("phone", row.found.phone),
                actor=actor, at=at,
            )
        return
    common = {"title": cells.get("title", ""), "language": cells.get("language"), "actor": actor, "at": at}
    person = (row.refs["customer"], cells["email"], cells["name"], cells.get("company_role", "member"))
    if letters:
        people.invite_contact(*person, **common)
    else:
        people.add_contact(*person, phone=cells.get("phone", ""), **common)


def _licence(row: Judged, letters: bool, actor: Actor, at: datetime) -> None:
    if row.found is None:
        products.register_licence(
            row.values["serial"], row.refs["product"], row.refs["customer"], terminals=row.values.get("terminals", 1),
            installed=row.refs.get("version"), actor=actor, at=at,
        )
        return
    names = {name for name, _before, _after in row.changes}
    if "terminals" in names:
        products.change_terminals(row.found, row.values["terminals"], actor=actor, at=at)
    if "version" in names:
        products.confirm_version(row.found, row.refs["version"], actor=actor, at=at)


def _contract(row: Judged, letters: bool, actor: Actor, at: datetime) -> None:
    used = {unit: row.values.get(f"used_{unit}", 0) for unit in ("event", "incident", "credit")}
    sell_contract(
        row.refs["customer"], row.refs["plan"], row.values["starts_on"], number=row.values["number"],
        used={unit: n for unit, n in used.items() if n}, actor=actor, at=at,
    )


_WRITES: Mapping[str, Any] = {
    "customers": _customer,
    "contacts": _contact,
    "licences": _licence,
    "contracts": _contract,
}
