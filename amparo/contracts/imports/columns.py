"""What each kind of file may hold: its columns in both languages, how a cell is read, an example. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.people.rules import is_email, is_one_line, normal_email
from amparo.products.rules import serial_key

from .reading import CELL_MAX, heading


class CellError(Exception):
    """What is wrong with a cell, in words."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in code, its headings (Spanish, English, others that people use), how a cell is read."""

    name: str
    spanish: str
    english: str
    label: Text
    read: Read
    required: bool = False
    example: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. `keys`: the columns by which a row is known again."""

    code: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    headings: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        known: dict[str, str] = {}
        for column in self.columns:
            for text in (column.name, column.spanish, column.english, *column.others):
                assert known.setdefault(heading(text), column.name) == column.name, text
        object.__setattr__(self, "headings", known)

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.required]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def line(length: int) -> Read:
    def read(text: str) -> str:
        if not is_one_line(text):
            raise CellError(_("It must be on one line."))
        if len(text) > length:
            raise CellError(_("It is too long."))
        return text

    return read


def words(text: str) -> str:
    if len(text) > CELL_MAX:
        raise CellError(_("It is too long."))
    if not all(sign.isprintable() or sign in "\n\r\t" for sign in text):
        raise CellError(_("It holds signs that are not text."))
    return text


def mail(text: str) -> str:
    if not is_email(normal_email(text)):
        raise CellError(_("It is not an e-mail address."))
    return normal_email(text)


def whole(low: int, high: int) -> Read:
    def read(text: str) -> int:
        digits = re.sub(r"[\s,.](?=\d{3}\b)", "", text)
        if not re.fullmatch(r"\d{1,9}", digits) or not low <= int(digits) <= high:
            raise CellError(_("It must be a whole number within the limits."))
        return int(digits)

    return read


def day(text: str) -> date:
    """Read a date: 2026-04-01, 01/04/2026 or 1-4-2026; the day comes first, as in Mexico."""
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        parts = (int(found[1]), int(found[2]), int(found[3]))
    elif found := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text):
        parts = (int(found[3]), int(found[2]), int(found[1]))
    else:
        raise CellError(_("It must be a date, like 2026-04-30 or 30/04/2026."))
    try:
        read = date(*parts)
    except ValueError:
        raise CellError(_("There is no such day.")) from None
    if not 1990 <= read.year <= 2100:
        raise CellError(_("The year is outside its limits."))
    return read


def one_of(choices: Mapping[str, str]) -> Read:
    def read(text: str) -> str:
        try:
            return choices[heading(text)]
        except KeyError:
            raise CellError(_("It is not one of the words that are known; see the template.")) from None

    return read


def serial(text: str) -> str:
    if serial_key(text) is None or len(text) > 60:
        raise CellError(_("A serial has 6 to 40 letters and digits."))
    return text.upper()


def country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise CellError(_("Write the country as two letters, like MX."))
    return text.upper()


_KINDS = one_of({"company": "company", "empresa": "company", "moral": "company", "persona_moral": "company",
                 "person": "person", "persona": "person", "fisica": "person", "persona_fisica": "person"})
_ROLES = one_of({
    "administrator": "administrator", "administrador": "administrator", "administradora": "administrator", "admin": "administrator",
    "member": "member", "miembro": "member", "own": "own", "own_matters_only": "own", "propios": "own", "solo_propios": "own",
    "solo_sus_asuntos": "own", "solo_asuntos_propios": "own",
})
_LANGUAGES = one_of({"es": "es-mx", "es_mx": "es-mx", "espanol": "es-mx", "spanish": "es-mx", "en": "en", "english": "en", "ingles": "en"})
_CUSTOMER = Column("customer", "Cliente", "Customer", _("Customer (your reference or NIC)"), line(80), True, "FERRE-014",
                   ("nic", "referencia_del_cliente", "customer_ref"))

CUSTOMERS = Kind("customers", (
    Column("external_ref", "Referencia", "Reference", _("Your reference"), line(80), False, "FERRE-014", ("ref", "clave", "external_ref")),
    Column("nic", "NIC", "NIC", _("NIC"), line(30), False, ""),
    Column("name", "Nombre", "Name", _("Name"), line(160), True, "Ferretería El Tornillo", ("nombre_comercial",)),
    Column("legal_name", "Razón social", "Legal name", _("Legal name"), line(200), False, "El Tornillo Feliz, S.A. de C.V."),
    Column("kind", "Tipo", "Kind", _("Kind"), _KINDS, False, "empresa"),
    Column("country", "País", "Country", _("Country"), country, False, "MX"),
    Column("state", "Estado", "State", _("State"), line(6), False, "JAL"),
    Column("phone", "Teléfono", "Phone", _("Telephone"), line(60), False, "33 1234 5678", ("telephone", "tel")),
    Column("email", "Correo", "E-mail", _("E-mail"), mail, False, "contacto@eltornillo.mx", ("correo_electronico", "email", "mail")),
    Column("address", "Dirección", "Address", _("Address"), words, False, "Av. Vallarta 1234, Guadalajara", ("domicilio",)),
    Column("notes", "Notas", "Notes", _("Notes"), words, False, ""),
), ("external_ref", "nic"))
CONTACTS = Kind("contacts", (
    _CUSTOMER,
    Column("email", "Correo", "E-mail", _("E-mail"), mail, True, "rosa@eltornillo.mx", ("correo_electronico", "email", "mail")),
    Column("name", "Nombre", "Name", _("Name"), line(120), True, "Rosa Medina"),
    Column("company_role", "Papel", "Role", _("Role in the company"), _ROLES, False, "administrador", ("rol",)),
    Column("title", "Puesto", "Title", _("Position"), line(80), False, "Encargada de sistemas"),
    Column("phone", "Teléfono", "Phone", _("Telephone"), line(60), False, "33 1234 5679", ("telephone", "tel")),
    Column("language", "Idioma", "Language", _("Language"), _LANGUAGES, False, "es"),
), ("customer", "email"))
LICENCES = Kind("licences", (
    Column("serial", "Serie", "Serial", _("Serial"), serial, True, "CAJA-7K2M-9XQ4-0001", ("numero_de_serie", "serial_number")),
    _CUSTOMER,
    Column("product", "Producto", "Product", _("Product (code or name)"), line(120), True, "caja"),
    Column("terminals", "Terminales", "Terminals", _("Terminals"), whole(1, 100_000), False, "3"),
    Column("version", "Versión", "Version", _("Installed version"), line(30), False, "10.1", ("version_instalada", "installed_version")),
), ("serial",))
CONTRACTS = Kind("contracts", (
    Column("number", "Número", "Number", _("Number"), line(40), True, "POL-2026-014", ("poliza", "numero_de_poliza", "contract", "contract_number")),
    _CUSTOMER,
    Column("plan", "Plan", "Plan", _("Plan"), line(80), True, "Plus"),
    Column("starts_on", "Inicio", "Starts on", _("First day"), day, True, "2026-04-01", ("inicia", "desde", "start", "fecha_de_inicio")),
    Column("used_event", "Eventos usados", "Events used", _("Events used"), whole(0, 100_000), False, "2"),
    Column("used_incident", "Incidentes usados", "Incidents used", _("Incidents used"), whole(0, 100_000), False, "0"),
    Column("used_credit", "Créditos usados", "Credits used", _("Credits used"), whole(0, 100_000), False, "4"),
), ("number",))

KINDS: Mapping[str, Kind] = {kind.code: kind for kind in (CUSTOMERS, CONTACTS, LICENCES, CONTRACTS)}
