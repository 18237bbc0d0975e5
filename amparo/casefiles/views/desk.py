"""Retention at the desk: what is purged when, what was, and what stops it. CAS-2."""

from __future__ import annotations

import re
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.casefiles import commands, queries, words
from amparo.casefiles.forms import HoldForm, LiftForm
from amparo.casefiles.models import Hold
from amparo.cases.models import Case
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import Invalid, Refusal
from amparo.people.models import Customer
from amparo.policies.queries import value
from amparo.ui.views import staff_only

_CASE = re.compile(r"[Cc]-?(\d{1,15})")
AHEAD = timedelta(days=92)


@require_safe
@staff_only("administrator")
def plan(request: HttpRequest) -> HttpResponse:
    """What is purged in the next months, and what stops it."""
    at = request.now  # type: ignore[attr-defined]
    page = {
        "here": "plan", "page": queries.plan(at=at, until=at + AHEAD, after=request.GET.get("after", "")), "blocks": words.BLOCKS,
        "months": value("casefiles.retention_months", at=at), "days": value("casefiles.notice_days", at=at),
        "is_on": value("casefiles.purge_on", at=at),
    }  # fmt: skip
    return render(request, "casefiles/desk/plan.html", page)


@require_safe
@staff_only("administrator")
def dry_run(request: HttpRequest) -> HttpResponse:
    """What would be purged if it ran now: nothing is changed."""
    at = request.now  # type: ignore[attr-defined]
    rows = queries.plan(at=at, until=at, size=200).rows
    ready, kept = [row for row in rows if row.is_ready], [row for row in rows if not row.is_ready]
    sums = {name: sum(getattr(row, name) for row in ready) for name in ("entries", "files", "octets")}
    page = {"here": "dry_run", "ready": ready, "kept": kept, "sums": sums, "blocks": words.BLOCKS, "at": at}
    return render(request, "casefiles/desk/dry_run.html", page)


@require_safe
@staff_only("administrator")
def report(request: HttpRequest) -> HttpResponse:
    """Which cases were purged, whose, when, and how much."""
    return render(request, "casefiles/desk/report.html", {"here": "report", "page": queries.purged(after=request.GET.get("after", ""))})


@require_safe
@staff_only("administrator")
def holds(request: HttpRequest) -> HttpResponse:
    """Holds that stand, and those that were lifted."""
    return render(request, "casefiles/desk/holds.html", {"here": "holds", "holds": queries.holds(), "form": LiftForm()})


@staff_only("administrator")
def hold(request: HttpRequest) -> HttpResponse:
    """Set a hold on a case or a customer."""
    form = HoldForm(request.POST or None, initial={"of": request.GET.get("of", "")[:40]})
    if request.method == "POST" and form.is_valid():
        try:
            commands.set_hold(_named(form.cleaned_data["of"]), reason=form.cleaned_data["reason"], actor=request.actor, at=request.now)  # type: ignore[attr-defined]
        except Refusal as refusal:
            field = refusal.context.get("field", "of") if isinstance(refusal, Invalid) else "of"
            form.add_error(field if field in form.fields else "of", str(refusal))
        else:
            messages.success(request, _("The hold is set: nothing of it is purged until it is lifted."))
            return redirect("desk_casefiles:holds")
    return render(request, "casefiles/desk/hold.html", {"here": "holds", "form": form}, status=422 if form.errors else 200)


@require_POST
@staff_only("administrator")
def lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Lift a hold, with the reason."""
    standing = get_object_or_404(Hold, pk=hold_id)
    commands.lift_hold(standing, because=request.POST.get("because", ""), actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("The hold is lifted."))
    return redirect("desk_casefiles:holds")


def _named(text: str) -> Case | Customer:
    """Return the case or customer that was typed. Raises Invalid."""
    if found := _CASE.fullmatch(text.strip()):
        case = Case.objects.filter(pk=int(found[1])).first()
        if case is None:
            raise Invalid(_("There is no case with this number."), field="of")
        return case
    nic = parse_nic(text)
    customer = Customer.objects.filter(nic=nic).first() if nic else None
    if customer is None:
        raise Invalid(_("Write the number of a case, like C-2041, or the NIC of a customer."), field="of")
    return customer
