"""Which developments are to be looked at before a release becomes current, and what was found. QUO-7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext, npgettext

from amparo.kernel.refusals import Remedy, Text
from amparo.products.models import Licence, Release
from amparo.quotations.machine import Kind, OrderState
from amparo.quotations.models import Compatibility, ServiceOrder

DELIVERED = (OrderState.DELIVERED.value, OrderState.FINISHED.value)


def developments_of(product_id: int) -> QuerySet[ServiceOrder]:
    """Return the delivered developments of a product: by their request, or, where that names none, those of who has a licence of it."""
    licensed = Licence.objects.filter(product_id=product_id, customer_id=OuterRef("customer_id"), withdrawn_at__isnull=True)
    named = Q(request__product_id=product_id)
    silent = Q(request__isnull=True) | Q(request__product_id__isnull=True)
    return ServiceOrder.objects.filter(kind=Kind.DEVELOPMENT.value, state__in=DELIVERED).filter(named | silent & Exists(licensed))


@dataclass(frozen=True, slots=True)
class DevelopmentRow:
    """A delivered development beside a release, with what was found, if it was looked at."""

    id: int
    title: str
    customer_id: int
    customer_name: str
    delivered_at: datetime | None
    verdict: str
    note: str
    judged_at: datetime | None
    judged_by: str

    @property
    def number(self) -> str:
        return f"ORD-{self.id}"


def developments(release: Release, *, limit: int = 500) -> list[DevelopmentRow]:
    """Return what is to be looked at with a release, what was not yet first. One statement. QUO-7."""
    rows = (
        developments_of(release.product_id)
        .annotate(found=FilteredRelation("compatibilities", condition=Q(compatibilities__release=release)))
        .order_by("found__judged_at", "id")
        .values_list("id", "title", "customer_id", "customer__name", "delivered_at", "found__verdict", "found__note", "found__judged_at",
                     "found__judged_by__name")
    )  # fmt: skip
    listed = [DevelopmentRow(*row[:5], row[5] or "", row[6] or "", row[7], row[8] or "") for row in rows[:limit]]
    return sorted(listed, key=lambda one: (one.judged_at is not None, one.id))


def open_checks(release: Release) -> tuple[Text, Remedy] | None:
    """Tell what stands in the way of a release becoming current, with the page where it is settled; None where nothing does. QUO-7."""
    judged = Compatibility.objects.filter(order=OuterRef("pk"), release=release)
    count = developments_of(release.product_id).filter(~Exists(judged)).count()
    if not count:
        return None
    text = ngettext(
        "%(num)s delivered development was not looked at with this version yet.",
        "%(num)s delivered developments were not looked at with this version yet.", count,
    ) % {"num": count}  # fmt: skip
    return text, Remedy(npgettext("quotes", "Look at it", "Look at them", count), reverse("desk_quotations:compatibility", args=[release.pk]))


def found_of(order: ServiceOrder) -> list[Compatibility]:
    """Return how a development fares with releases, the newest first. One statement."""
    return list(Compatibility.objects.filter(order=order).select_related("release").order_by("-judged_at")[:20])
