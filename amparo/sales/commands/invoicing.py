"""To whom invoices are made out, and the stamped invoice beside its sale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.files import commands as files
from amparo.files.models import StoredFile
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people.models import Customer
from amparo.sales import access, rules
from amparo.sales.errors import NotAnInvoice
from amparo.sales.models import FISCAL_FIELDS, FiscalProfile, Sale, SaleDocument

from .ordering import checked_fiscal
from .shared import locked, tell


@transaction.atomic
def keep_fiscal(customer: Customer, fiscal: Mapping[str, Any], *, actor: Actor, at: datetime) -> FiscalProfile:
    """Keep what invoices to a customer are made out to; orders that were placed keep theirs. Raises NotPermitted, FiscalInvalid."""
    if not access.may_keep_fiscal(actor, customer.pk):
        raise NotPermitted()
    given = checked_fiscal(fiscal)
    kept, new = FiscalProfile.objects.select_for_update().get_or_create(
        customer=customer, defaults={**given, "changed_at": at, "changed_by_id": actor.user_id}
    )
    if new or kept.as_data() != given:
        for name in FISCAL_FIELDS:
            setattr(kept, name, given[name])
        kept.changed_at, kept.changed_by_id = at, actor.user_id
        kept.save()
        record("customer.fiscal_changed", subject=customer, actor=actor, at=at, fields=sorted(given))
    return kept


@transaction.atomic
def make_out_to(sale: Sale, fiscal: Mapping[str, Any], *, actor: Actor, at: datetime) -> Sale:
    """Say to whom the invoice of one sale is made out, until it is stamped. Raises NotPermitted, FiscalInvalid, NotAnInvoice."""
    if not access.may_decide(actor, sale):
        raise NotPermitted()
    given, sale = checked_fiscal(fiscal), locked(sale.pk)
    if sale.invoice_uuid:
        raise NotAnInvoice(_("The invoice of this order is stamped already. Ask us for another one."), field="rfc")
    if sale.fiscal != given:
        sale.fiscal = given
        sale.save(update_fields=["fiscal"])
        tell("sale.invoice_asked", sale, actor=actor, at=at)
    return sale


def attach_invoice(sale: Sale, *, xml: Any = None, pdf: Any = None, actor: Actor, at: datetime) -> Sale:
    """Put a stamped invoice beside its sale, for the customer to download. SEC-26, SEC-56.

    `xml` and `pdf` are uploads. The XML must be a stamped CFDI of this sale: its total, its receiver. The files are kept
    first, for that cannot be undone with the rest; what is not attached goes after a day.
    Raises NotPermitted, NotAnInvoice, and what `files.store` does.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if xml is None and pdf is None:
        raise NotAnInvoice(_("Choose the XML, the PDF, or both."), field="xml")
    stamped = _checked_xml(sale, xml) if xml is not None else None
    key = f"sale:{sale.pk}:invoice"[:40]
    stored = [
        (kind, files.store(upload, draft_key=key, actor=actor, at=at))
        for kind, upload in (("invoice_xml", xml), ("invoice_pdf", pdf)) if upload is not None
    ]  # fmt: skip
    if pdf is not None and stored[-1][1].content_type != "application/pdf":
        raise NotAnInvoice(_("This file is not a PDF."), field="pdf")
    return _attach(sale, stored, key, stamped, actor, at)


def _checked_xml(sale: Sale, upload: Any) -> rules.StampedInvoice:
    octets = upload.read(rules.INVOICE_OCTETS_MAX + 1)
    upload.seek(0)
    try:
        stamped = rules.read_invoice(octets)
    except rules.NotXml:
        raise NotAnInvoice(_("This file is not a stamped invoice (CFDI) in XML."), field="xml") from None
    if stamped.total != sale.total or (stamped.currency or sale.currency) != sale.currency:
        raise NotAnInvoice(_("The total of this invoice is not that of the order."), field="xml")
    made_out_to = rules.normal_rfc(str(sale.fiscal.get("rfc", "")))
    if stamped.receiver not in rules.GENERIC_RFCS and stamped.receiver != made_out_to:
        raise NotAnInvoice(_("This invoice is made out to another RFC than the order's."), field="xml")
    if Sale.objects.filter(invoice_uuid=stamped.uuid).exclude(pk=sale.pk).exists():
        raise NotAnInvoice(_("This invoice stands beside another order already."), field="xml")
    return stamped


@transaction.atomic
def _attach(
    sale: Sale, stored: list[tuple[str, StoredFile]], key: str, stamped: rules.StampedInvoice | None, actor: Actor, at: datetime
) -> Sale:  # fmt: skip
    sale = locked(sale.pk)
    files.attach([file.public_id for _kind, file in stored], subject=sale.subject, draft_key=key, actor=actor, at=at)
    for kind, file in stored:
        SaleDocument.objects.create(sale=sale, kind=kind, file=file, at=at, by_id=actor.user_id)
    if stamped is not None:
        sale.invoice_uuid = stamped.uuid
        sale.save(update_fields=["invoice_uuid"])
    tell("sale.invoiced", sale, actor=actor, at=at, uuid=sale.invoice_uuid, kinds=[kind for kind, _file in stored])
    return sale
