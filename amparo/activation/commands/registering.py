"""A contact asks for a serial to be registered; staff look at the certificate and do it, or say why not. LIC-1."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from amparo.activation import access, errors
from amparo.activation.models import RegistrationRequest
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import LimitReached, NotPermitted
from amparo.policies.queries import value
from amparo.products import commands as products
from amparo.products.errors import SerialNotTaken
from amparo.products.models import Licence, Product
from amparo.products.rules import masked, serial_key

OPEN_MAX = 20


def ask_registration(serial: str, product: Product, *, terminals: int, actor: Actor, at: datetime) -> RegistrationRequest | Licence:
    """Ask for a serial to be registered for the customer; its own licence is returned where it is registered already. LIC-1.

    Whether a serial is another's is not told here: staff look. SEC-45. Raises NotPermitted, SerialNotTaken, LimitReached.
    """
    if not actor.is_contact or actor.customer_id is None or actor.company_role == "own":
        raise NotPermitted()
    normal = serial_key(serial)
    if normal is None:
        raise SerialNotTaken(field="serial")
    mine = Licence.objects.filter(customer=actor.customer_id, serial_key=normal).first()
    if mine is not None:
        return mine
    asked = RegistrationRequest.objects.filter(customer=actor.customer_id, state="asked")
    today = RegistrationRequest.objects.filter(customer=actor.customer_id, asked_at__gt=at - timedelta(days=1))
    if asked.count() >= OPEN_MAX or today.count() >= value("activation.registrations_day", at=at):
        raise LimitReached()
    try:
        with transaction.atomic():
            made = RegistrationRequest.objects.create(
                customer_id=actor.customer_id, product=product, serial=normal, terminals=terminals, asked_at=at, asked_by_id=actor.user_id
            )
            record("licence.registration_asked", subject=made, actor=actor, at=at, product=product.pk, serial_end=masked(normal))
    except IntegrityError:
        return asked.get(serial=normal)
    return made


@transaction.atomic
def register_asked(asked: RegistrationRequest, *, terminals: int, actor: Actor, at: datetime) -> Licence:
    """Register what was asked for; again returns the licence. LIC-1. Raises NotPermitted, SerialTaken."""
    if not access.may_override(actor):
        raise NotPermitted()
    asked = RegistrationRequest.objects.select_for_update(of=("self",)).select_related("product", "customer").get(pk=asked.pk)
    if asked.licence is not None:
        return asked.licence
    licence = products.register_licence(
        asked.serial, asked.product, asked.customer, terminals=terminals, key=f"registration:{asked.pk}", actor=actor, at=at
    )
    asked.state, asked.licence, asked.ended_at, asked.ended_by_id = "registered", licence, at, actor.user_id
    asked.save(update_fields=["state", "licence", "ended_at", "ended_by"])
    record("licence.registration_done", subject=asked, actor=actor, at=at, licence=licence.pk, serial_end=licence.serial_masked)
    return licence


@transaction.atomic
def refuse_asked(asked: RegistrationRequest, answer: str, *, actor: Actor, at: datetime) -> RegistrationRequest:
    """Say why a serial is not registered; the contact reads it. LIC-1, ACC-9. Raises NotPermitted, ReasonMissing."""
    if not access.may_override(actor):
        raise NotPermitted()
    if not answer.strip():
        raise errors.ReasonMissing()
    asked = RegistrationRequest.objects.select_for_update().get(pk=asked.pk)
    if asked.state == "asked":
        asked.state, asked.answer, asked.ended_at, asked.ended_by_id = "refused", answer.strip(), at, actor.user_id
        asked.save(update_fields=["state", "answer", "ended_at", "ended_by"])
        record("licence.registration_refused", subject=asked, actor=actor, at=at, answer=asked.answer, serial_end=masked(asked.serial))
    return asked
