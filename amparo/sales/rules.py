"""Money of a sale: totals and tax to the centavo, and what an invoice needs: pure. CTR-1, PRO-1.

All amounts are whole centavos. The discount comes off the price without tax; the tax is computed once, on what is left
of the whole order, and rounded half up to the centavo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from xml.parsers import expat
from zoneinfo import ZoneInfo

from stdnum.exceptions import ValidationError
from stdnum.mx import rfc as _rfc

QUANTITY_MAX: Final = 100
CENTAVOS_MAX: Final = 10**13
GENERIC_RFCS: Final = ("XAXX010101000", "XEXX010101000")
BOTH, COMPANY, PERSON = "both", "company", "person"

# The tax authority's codes of regimes (c_RegimenFiscal), with whom each is for, and of uses (c_UsoCFDI).
REGIMES: Final[dict[str, tuple[str, str]]] = {
    "601": ("General de Ley Personas Morales", COMPANY),
    "603": ("Personas Morales con Fines no Lucrativos", COMPANY),
    "605": ("Sueldos y Salarios e Ingresos Asimilados a Salarios", PERSON),
    "606": ("Arrendamiento", PERSON),
    "607": ("Régimen de Enajenación o Adquisición de Bienes", PERSON),
    "608": ("Demás ingresos", PERSON),
    "610": ("Residentes en el Extranjero sin Establecimiento Permanente en México", BOTH),
    "611": ("Ingresos por Dividendos (socios y accionistas)", PERSON),
    "612": ("Personas Físicas con Actividades Empresariales y Profesionales", PERSON),
    "614": ("Ingresos por intereses", PERSON),
    "615": ("Régimen de los ingresos por obtención de premios", PERSON),
    "616": ("Sin obligaciones fiscales", PERSON),
    "620": ("Sociedades Cooperativas de Producción que optan por diferir sus ingresos", COMPANY),
    "621": ("Incorporación Fiscal", PERSON),
    "622": ("Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras", COMPANY),
    "623": ("Opcional para Grupos de Sociedades", COMPANY),
    "624": ("Coordinados", COMPANY),
    "625": ("Actividades Empresariales con ingresos a través de Plataformas Tecnológicas", PERSON),
    "626": ("Régimen Simplificado de Confianza", BOTH),
}
USES: Final[dict[str, tuple[str, str]]] = {
    "G01": ("Adquisición de mercancías", BOTH),
    "G02": ("Devoluciones, descuentos o bonificaciones", BOTH),
    "G03": ("Gastos en general", BOTH),
    "I01": ("Construcciones", BOTH),
    "I02": ("Mobiliario y equipo de oficina por inversiones", BOTH),
    "I03": ("Equipo de transporte", BOTH),
    "I04": ("Equipo de cómputo y accesorios", BOTH),
    "I05": ("Dados, troqueles, moldes, matrices y herramental", BOTH),
    "I06": ("Comunicaciones telefónicas", BOTH),
    "I07": ("Comunicaciones satelitales", BOTH),
    "I08": ("Otra maquinaria y equipo", BOTH),
    "D01": ("Honorarios médicos, dentales y gastos hospitalarios", PERSON),
    "D02": ("Gastos médicos por incapacidad o discapacidad", PERSON),
    "D03": ("Gastos funerales", PERSON),
    "D04": ("Donativos", PERSON),
    "D05": ("Intereses reales efectivamente pagados por créditos hipotecarios (casa habitación)", PERSON),
    "D06": ("Aportaciones voluntarias al SAR", PERSON),
    "D07": ("Primas por seguros de gastos médicos", PERSON),
    "D08": ("Gastos de transportación escolar obligatoria", PERSON),
    "D09": ("Depósitos en cuentas para el ahorro, primas que tengan como base planes de pensiones", PERSON),
    "D10": ("Pagos por servicios educativos (colegiaturas)", PERSON),
    "S01": ("Sin efectos fiscales", BOTH),
    "CP01": ("Pagos", BOTH),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order comes to, in centavos."""

    gross: int
    discount: int
    net: int
    tax_percent: int
    tax: int
    total: int


def totals(unit_price: int, quantity: int, discount: int, tax_percent: int) -> Totals:
    """Return what an order comes to; the discount never takes more than there is. PRO-1.

    >>> totals(100_05, 1, 0, 16).tax
    1601
    """
    assert unit_price >= 0 and quantity > 0 and discount >= 0 and 0 <= tax_percent <= 100
    gross = unit_price * quantity
    off = min(discount, gross)
    net = gross - off
    tax = (2 * net * tax_percent + 100) // 200
    return Totals(gross, off, net, tax_percent, tax, net + tax)


def centavos(price: Decimal) -> int:
    """Return an amount of money in centavos, half up."""
    return int((price * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def written(amount: int) -> str:
    """Return centavos as people write money: `1,234.50`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02}"


def parsed(text: str) -> int | None:
    """Return the centavos of an amount that somebody wrote, None for what is no amount. SEC-49."""
    plain = text.strip().removeprefix("$").replace(",", "").strip()
    if not re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,2})?", plain, re.ASCII):
        return None
    return centavos(Decimal(plain))


def expires_at(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when an order expires: local midnight after so many days."""
    last = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(ZoneInfo("UTC"))


# --- invoices --------------------------------------------------------------------------------------------------------


def normal_rfc(text: str) -> str | None:
    """Return a taxpayer's number without blanks and dashes, None where it cannot be one."""
    plain = re.sub(r"[\s-]", "", text).upper()
    if plain in GENERIC_RFCS:
        return plain
    try:
        return str(_rfc.validate(plain))
    except ValidationError:
        return None


def person_kind(rfc: str) -> str:
    """Return whether a number is a company's (12 signs) or a person's (13)."""
    return COMPANY if len(rfc) == 12 else PERSON


def regime_fits(rfc: str, regime: str) -> bool:
    """True where the tax authority knows a regime for that kind of taxpayer."""
    return regime in REGIMES and (rfc in GENERIC_RFCS or REGIMES[regime][1] in (BOTH, person_kind(rfc)))


def use_fits(rfc: str, use: str) -> bool:
    """True where the tax authority knows a use for that kind of taxpayer."""
    return use in USES and USES[use][1] in (BOTH, person_kind(rfc))


def is_postal_code(text: str) -> bool:
    """True for the five digits of a Mexican postal code."""
    return re.fullmatch(r"[0-9]{5}", text, re.ASCII) is not None


def fiscal_wrong(fiscal: dict[str, Any]) -> str:
    """Return the name of the first datum that an invoice could not be made with, empty where all are right."""
    rfc = normal_rfc(str(fiscal.get("rfc", "")))
    if rfc is None:
        return "rfc"
    if not str(fiscal.get("legal_name", "")).strip():
        return "legal_name"
    if not regime_fits(rfc, str(fiscal.get("regime", ""))):
        return "regime"
    if not use_fits(rfc, str(fiscal.get("use", ""))):
        return "use"
    return "" if is_postal_code(str(fiscal.get("postal_code", ""))) else "postal_code"


# --- the stamped invoice ---------------------------------------------------------------------------------------------

INVOICE_OCTETS_MAX: Final = 1_000_000
DEPTH_MAX: Final = 40
_CFDI: Final = ("http://www.sat.gob.mx/cfd/4", "http://www.sat.gob.mx/cfd/3")
_STAMP: Final = "http://www.sat.gob.mx/TimbreFiscalDigital"


class NotXml(ValueError):
    """Not well formed, or with what no invoice has: a document type, entities, too deep, too large."""


@dataclass(frozen=True, slots=True)
class StampedInvoice:
    """What is read of a stamped invoice: its number, its total in centavos, its currency and to whom it is made out."""

    uuid: str
    total: int | None
    currency: str
    receiver: str


def read_invoice(octets: bytes) -> StampedInvoice:
    """Return what an invoice (CFDI) says of itself. Nothing outside it is looked up; entities are refused. SEC-56.

    Raises NotXml.
    """
    if len(octets) > INVOICE_OCTETS_MAX:
        raise NotXml("large")
    found: dict[str, dict[str, str]] = {}
    path: list[str] = []

    def begins(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if len(path) > DEPTH_MAX:
            raise NotXml("deep")
        space, _sep, local = name.rpartition(" ")
        if len(path) == 1 and (space not in _CFDI or local != "Comprobante"):
            raise NotXml("root")
        if (local in ("Comprobante", "Receptor") and space in _CFDI) or (local, space) == ("TimbreFiscalDigital", _STAMP):
            found.setdefault(local, attributes)

    def refused(*_given: Any) -> Any:
        raise NotXml("entities")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begins
    parser.EndElementHandler = lambda _name: path.pop()
    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    parser.ExternalEntityRefHandler = refused
    try:
        parser.Parse(octets, True)
    except expat.ExpatError:
        raise NotXml("not well formed") from None
    stamp, top = found.get("TimbreFiscalDigital", {}), found.get("Comprobante", {})
    uuid = stamp.get("UUID", "").upper()
    if not re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", uuid):
        raise NotXml("unstamped")
    return StampedInvoice(uuid, parsed(top.get("Total", "")), top.get("Moneda", ""), found.get("Receptor", {}).get("Rfc", ""))
