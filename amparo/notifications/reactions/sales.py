"""What is told of orders of plans and cards: placed, paid and active, expired, invoiced, and what needs sales."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.history.queries import FactRow
from amparo.people.queries import recipients
from amparo.sales.models import Sale
from amparo.sales.rules import written
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from .shared import moment

Writing = Callable[[Sale, FactRow, Reader], Words]


def _sale(fact: FactRow) -> Sale | None:
    _kind, _sep, number = fact.subject.partition(":")
    rows = Sale.objects.select_related("customer", "contract", "placed_by")
    return rows.filter(pk=int(number)).first() if number.isdecimal() else None


def _tell(kind: str, fact: FactRow, sale: Sale, people: list[Reader], write: Writing) -> None:
    told = []
    for reader in people:
        with translation.override(reader.language):
            told.append((reader, write(sale, fact, reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=sale.customer_id, fact_id=fact.id, at=moment(fact))


def _buyers(sale: Sale) -> list[Reader]:
    """Who ordered, and the company's administrators."""
    people = recipients(sale.customer_id)
    chosen = [one for one in people if one.user_id == sale.placed_by_id or one.company_role == "administrator"]
    return [Reader(one.user_id, one.language, one.time_zone) for one in chosen or people]


def _sellers(fact: FactRow) -> list[Reader]:
    """Sales, but who did it."""
    return [one for one in readers.staff("sales") if fact.actor_ref != f"user:{one.user_id}"]


def _what(sale: Sale) -> str:
    return f"{sale.quantity} × {sale.name}" if sale.quantity > 1 else sale.name


def _money(amount: int, sale: Sale) -> str:
    return f"${written(amount)} {sale.currency}"


def _figures(sale: Sale) -> tuple[tuple[str, str], ...]:
    rows = [(_("Purchase"), sale.number), (_("What"), _what(sale))]
    if sale.discount and sale.promotion:
        rows.append((_("Promotion"), f"{sale.promotion['name']}, −{_money(sale.discount, sale)}"))
    rows += [(_("Without tax"), _money(sale.net, sale)), (_("VAT %(percent)s %%") % {"percent": sale.tax_percent}, _money(sale.tax, sale))]
    return (*rows, (_("Total"), _money(sale.total, sale)))


def _url(sale: Sale) -> str:
    return f"/sales/{sale.pk}/"


def _desk_url(sale: Sale) -> str:
    return f"/desk/sales/{sale.pk}/"


def placed(fact: FactRow) -> None:
    """Tell sales that an order came in, or the customer that sales ordered for it."""
    sale = _sale(fact)
    if sale is None:
        return

    def for_sales(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        title = _("New order %(number)s of %(customer)s") % {"number": sale.number, "customer": sale.customer.name}
        return Words(title=title, url=_desk_url(sale), figures=_figures(sale), action=_("Open the order"))

    def for_buyer(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        until = formats.day_full(sale.last_at.astimezone(ZoneInfo(reader.time_zone or settings.TIME_ZONE)).date())
        return Words(
            title=_("We placed order %(number)s for you") % {"number": sale.number}, url=_url(sale),
            paragraphs=(_("How to pay stands in the order. Its price holds until %(day)s.") % {"day": until},),
            figures=_figures(sale), action=_("See the order and pay"),
        )  # fmt: skip

    _tell("sale_placed", fact, sale, _sellers(fact), for_sales)
    if sale.placed_by_staff:
        _tell("sale", fact, sale, _buyers(sale), for_buyer)


def activated(fact: FactRow) -> None:
    """Send the customer the summary of what was paid and is active now; tell sales where nobody of them did it."""
    sale = _sale(fact)
    if sale is None:
        return

    def for_buyer(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        if sale.contract is not None:
            text = _("Your contract %(number)s is in force from %(start)s until %(end)s.") % {
                "number": sale.contract.number, "start": formats.day_full(sale.contract.starts_on),
                "end": formats.day_full(sale.contract.ends_on),
            }  # fmt: skip
        else:
            text = _("Your cards are ready: add their credits to your company by one click, or see their codes. No letter ever carries a code.")
        return Words(
            title=_("Paid and active: order %(number)s") % {"number": sale.number}, url=_url(sale), paragraphs=(text,),
            figures=_figures(sale), action=_("Open the order"),
        )  # fmt: skip

    def for_sales(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        title = _("Order %(number)s of %(customer)s is paid and active") % {"number": sale.number, "customer": sale.customer.name}
        return Words(title=title, url=_desk_url(sale), figures=_figures(sale), action=_("Open the order"))

    _tell("sale", fact, sale, _buyers(sale), for_buyer)
    _tell("sale_placed", fact, sale, _sellers(fact), for_sales)


def ended(fact: FactRow) -> None:
    """Tell the customer that an order expired, or that we cancelled it."""
    sale = _sale(fact)
    if sale is None:
        return
    expired = fact.name == "sale.expired"

    def write(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        title = _("Order %(number)s expired unpaid") if expired else _("Order %(number)s is cancelled")
        text = _("Nothing is owed. If you still want it, order it again at the price of that day.") if expired else fact.data.get("reason", "")
        return Words(title=title % {"number": sale.number}, url=_url(sale), paragraphs=(text,) if text else (), action=_("Open the order"))

    people = [one for one in _buyers(sale) if fact.actor_ref != f"user:{one.user_id}"]
    _tell("sale", fact, sale, people, write)


def invoiced(fact: FactRow) -> None:
    """Tell the customer that its invoice can be downloaded."""
    sale = _sale(fact)
    if sale is None:
        return

    def write(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        figures = ((_("Purchase"), sale.number), (_("Total"), _money(sale.total, sale)))
        figures += ((_("Fiscal number (UUID)"), fact.data["uuid"]),) if fact.data.get("uuid") else ()
        return Words(title=_("The invoice of order %(number)s is ready") % {"number": sale.number}, url=_url(sale), figures=figures, action=_("Download it"))

    _tell("sale", fact, sale, _buyers(sale), write)


def invoice_asked(fact: FactRow) -> None:
    """Tell sales that a customer gave the data of an invoice."""
    sale = _sale(fact)
    if sale is None:
        return

    def write(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        title = _("An invoice is asked for: order %(number)s of %(customer)s") % {"number": sale.number, "customer": sale.customer.name}
        return Words(title=title, url=_desk_url(sale), action=_("Open the order"))

    _tell("sale_placed", fact, sale, _sellers(fact), write)


def trouble(fact: FactRow) -> None:
    """Tell sales of money that came in and could not do what it was for."""
    sale = _sale(fact)
    if sale is None:
        return

    def write(sale: Sale, fact: FactRow, reader: Reader) -> Words:
        said = {
            "sale.stuck": _("It is paid, but what was ordered could not be activated. Look at what hinders it, or give the money back."),
            "sale.paid_again": _("Money came in for an order that did not wait for any. Give it back."),
            "sale.payment_differs": _("The provider tells of another amount than the order's. Nothing was activated."),
        }[fact.name]
        title = _("Order %(number)s of %(customer)s needs you") % {"number": sale.number, "customer": sale.customer.name}
        return Words(title=title, url=_desk_url(sale), paragraphs=(said,), figures=_figures(sale), action=_("Open the order"))

    _tell("sale_trouble", fact, sale, _sellers(fact), write)
