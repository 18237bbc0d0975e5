"""Every row of a file judged against what there is: new, changed, the same, or wrong, and why. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from amparo.contracts.models import Plan, SupportContract
from amparo.contracts.rules.terms import last_day
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import Text
from amparo.people.models import Contact, Customer, User
from amparo.people.rules import normal_phone
from amparo.products.models import Licence, Product, Release
from amparo.products.rules import serial_key

from .columns import KINDS, CellError, Kind
from .reading import Row, read


@dataclass(slots=True)
class Judged:
    """A row with what would become of it. `action`: new, changed, same, wrong. `values`: cells that say something."""

    number: int
    label: str
    values: dict[str, Any]
    action: str = "new"
    errors: list[tuple[str, Text]] = field(default_factory=list)
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    found: Any = None
    refs: dict[str, Any] = field(default_factory=dict)

    def wrong(self, name: str, text: Text) -> None:
        self.errors.append((name, text))
        self.action = "wrong"

    def compare(self, name: str, before: Any, after: Any) -> None:
        if before != after:
            self.changes.append((name, before, after))

    def settle(self) -> None:
        if self.errors:
            self.action = "wrong"
        elif self.found is not None:
            self.action = "changed" if self.changes else "same"


def check(kind_code: str, text: str, *, rows_max: int, at: datetime) -> list[Judged]:
    """Return every row of a file, judged. Raises FileNotRead. A handful of statements, however long the file is."""
    kind = KINDS[kind_code]
    rows = [_read(row, kind) for row in read(text, kind.headings, kind.required, rows_max=rows_max)]
    _CHECKS[kind_code](rows, at)
    for row in rows:
        row.settle()
    return rows


def _read(row: Row, kind: Kind) -> Judged:
    judged = Judged(row.number, next((row.cells[key] for key in kind.keys if row.cells.get(key)), ""), {})
    for column in kind.columns:
        text = row.cells.get(column.name, "")
        if not text:
            if column.required:
                judged.wrong(column.name, gettext("It is missing."))
            continue
        try:
            judged.values[column.name] = column.read(text)
        except CellError as error:
            judged.wrong(column.name, error.text)
    return judged


def _once(rows: Iterable[Judged], name: str, key: Any) -> None:
    """Refuse the second row with the same key in one file."""
    first: dict[Any, int] = {}
    for row in rows:
        mark = key(row)
        if mark in (None, ""):
            continue
        before = first.setdefault(mark, row.number)
        if before != row.number:
            row.wrong(name, gettext("It stands already in row %(row)s of this file.") % {"row": before})


def _customers_by(marks: Iterable[str]) -> dict[str, Customer]:
    """Return customers by reference and by NIC as they may be written in a file. Two statements."""
    wanted = {mark for mark in marks if mark}
    nics = {digits: mark for mark in wanted if (digits := parse_nic(mark))}
    found = {c.nic: c for c in Customer.objects.filter(nic__in=nics)}
    by_mark = {nics[nic]: customer for nic, customer in found.items()}
    by_mark.update({str(c.external_ref): c for c in Customer.objects.filter(external_ref__in=wanted)})
    return by_mark


def _resolve_customers(rows: Sequence[Judged]) -> None:
    known = _customers_by(str(row.values.get("customer", "")) for row in rows)
    for row in rows:
        mark = row.values.get("customer")
        if mark is None:
            continue
        customer = known.get(mark)
        if customer is None:
            row.wrong("customer", gettext("There is no customer with this reference or NIC."))
        elif not customer.is_active:
            row.wrong("customer", gettext("This customer is switched off."))
        else:
            row.refs["customer"] = customer


def _phone(row: Judged, country: str) -> None:
    if "phone" in row.values:
        dialled = normal_phone(row.values["phone"], country)
        if dialled is None:
            row.wrong("phone", gettext("It is not a telephone number that can be dialled."))
        else:
            row.values["phone"] = dialled


def _check_customers(rows: Sequence[Judged], at: datetime) -> None:
    _once(rows, "external_ref", lambda row: row.values.get("external_ref"))
    _once(rows, "nic", lambda row: parse_nic(str(row.values.get("nic", ""))))
    known = _customers_by(str(row.values.get(key, "")) for row in rows for key in ("external_ref", "nic"))
    for row in rows:
        reference, nic = row.values.get("external_ref"), row.values.pop("nic", None)
        by_nic = known.get(nic) if nic else None
        by_reference = known.get(reference) if reference else None
        if by_reference is not None and by_reference.external_ref != reference:
            by_reference = None  # what looked like a reference is somebody's NIC
        if not reference and not nic:
            row.wrong("external_ref", gettext("Write your own reference or the NIC, so that the row is known again."))
        elif nic and by_nic is None:
            row.wrong("nic", gettext("There is no customer with this NIC. Leave it empty: we give it."))
        elif by_nic is not None and by_reference is not None and by_nic.pk != by_reference.pk:
            row.wrong("external_ref", gettext("This reference belongs to another customer."))
        row.found = by_nic or by_reference
        if row.found is not None and not row.found.is_active:
            row.wrong("external_ref", gettext("This customer is switched off."))
        _phone(row, row.values.get("country") or (row.found.country if row.found else "MX"))
        if row.found is not None:
            for name, after in row.values.items():
                row.compare(name, getattr(row.found, name) or "", after)


def _check_contacts(rows: Sequence[Judged], at: datetime) -> None:
    _resolve_customers(rows)
    _once(rows, "email", lambda row: (row.refs["customer"].pk, row.values.get("email")) if "customer" in row.refs else None)
    emails = {row.values["email"] for row in rows if "email" in row.values}
    customers = {row.refs["customer"].pk for row in rows if "customer" in row.refs}
    contacts = {
        (contact.customer_id, contact.user.email): contact
        for contact in Contact.objects.filter(
            customer__in=customers, user__email__in=emails, removed_at__isnull=True
        ).select_related("user")
    }
    staff = set(User.objects.filter(email__in=emails, staff_roles__isnull=False).values_list("email", flat=True))
    for row in rows:
        customer = row.refs.get("customer")
        _phone(row, customer.country if customer else "MX")
        if row.values.get("email") in staff:
            row.wrong("email", gettext("This person belongs to the staff."))
        if customer is None or "email" not in row.values:
            continue
        row.found = contacts.get((customer.pk, row.values["email"]))
        if row.found is not None:
            for name in ("company_role", "title", "phone"):
                if name in row.values:
                    row.compare(name, getattr(row.found, name), row.values[name])


def _check_licences(rows: Sequence[Judged], at: datetime) -> None:
    _resolve_customers(rows)
    _once(rows, "serial", lambda row: serial_key(str(row.values.get("serial", ""))))
    known_products = list(Product.objects.all())
    products = {one.name.casefold(): one for one in known_products} | {one.code.casefold(): one for one in known_products}
    releases = {(one.product_id, one.version.casefold()): one for one in Release.objects.all()}
    keys = {serial_key(row.values["serial"]) for row in rows if "serial" in row.values}
    known = {
        one.serial_key: one
        for one in Licence.objects.filter(serial_key__in=keys).select_related("installed").prefetch_related("bindings")
    }
    for row in rows:
        named = products.get(str(row.values.get("product", "")).casefold())
        if "product" in row.values and named is None:
            row.wrong("product", gettext("There is no product with this code or name."))
        row.refs["product"] = named
        if named is not None and "version" in row.values:
            release = releases.get((named.pk, str(row.values["version"]).casefold()))
            if release is None:
                row.wrong("version", gettext("This product has no such version."))
            row.refs["version"] = release
        row.found = known.get(serial_key(str(row.values.get("serial", ""))) or "")
        if row.found is not None:
            _compare_licence(row)


def _compare_licence(row: Judged) -> None:
    licence, customer, product = row.found, row.refs.get("customer"), row.refs.get("product")
    if licence.withdrawn_at is not None:
        row.wrong("serial", gettext("This licence was withdrawn."))
    if customer is not None and customer.pk != licence.customer_id:
        row.wrong("customer", gettext("This serial is registered for another customer."))
    if product is not None and product.pk != licence.product_id:
        row.wrong("product", gettext("This serial is registered for another product."))
    if "terminals" in row.values:
        bound = sum(1 for one in licence.bindings.all() if one.released_at is None)
        if row.values["terminals"] < bound:
            row.wrong("terminals", gettext("More terminals than that are active."))
        row.compare("terminals", licence.terminals, row.values["terminals"])
    if row.refs.get("version") is not None:
        row.compare("version", licence.installed.version if licence.installed else "", row.refs["version"].version)


def _check_contracts(rows: Sequence[Judged], at: datetime) -> None:
    _resolve_customers(rows)
    for row in rows:
        if "number" in row.values:
            row.values["number"] = row.values["number"].upper()
    _once(rows, "number", lambda row: row.values.get("number"))
    plans = {plan.name.casefold(): plan for plan in Plan.objects.all()}
    numbers = {row.values["number"] for row in rows if "number" in row.values}
    known = {one.number: one for one in SupportContract.objects.filter(number__in=numbers)}
    for row in rows:
        row.found = known.get(row.values.get("number", ""))
        plan = plans.get(str(row.values.get("plan", "")).casefold())
        if "plan" in row.values and plan is None:
            row.wrong("plan", gettext("There is no plan with this name."))
        row.refs["plan"] = plan
        if row.found is not None:
            _compare_contract(row)
        elif plan is not None:
            _check_new_contract(row, plan, at)


def _check_new_contract(row: Judged, plan: Plan, at: datetime) -> None:
    if not plan.is_on_sale:
        row.wrong("plan", gettext("This plan is no longer on sale."))
    used = {unit: row.values.get(f"used_{unit}", 0) for unit in plan.allotments}
    for unit, amount in plan.allotments.items():
        if used[unit] > amount:
            row.wrong(f"used_{unit}", gettext("The plan has only %(count)s.") % {"count": amount})
    starts_on = row.values.get("starts_on")
    if starts_on is not None:
        if any(used.values()) and starts_on > at.date():
            row.wrong("starts_on", gettext("Something was used, but the contract has not begun."))
        row.refs["ends_on"] = last_day(starts_on, plan.months)


def _compare_contract(row: Judged) -> None:
    """A contract keeps its terms: a row that differs is wrong, not a change. CTR-1."""
    contract: SupportContract = row.found
    customer, plan, starts_on = row.refs.get("customer"), row.refs.get("plan"), row.values.get("starts_on")
    if customer is not None and customer.pk != contract.customer_id:
        row.wrong("customer", gettext("This number belongs to a contract of another customer."))
    if plan is not None and plan.pk != contract.plan_id:
        row.wrong("plan", gettext("This contract has another plan. A contract keeps its terms: cancel it and sell another."))
    if starts_on is not None and starts_on != contract.starts_on:
        row.wrong("starts_on", gettext("This contract begins on another day. A contract keeps its terms."))


_CHECKS: Mapping[str, Any] = {
    "customers": _check_customers,
    "contacts": _check_contacts,
    "licences": _check_licences,
    "contracts": _check_contracts,
}
