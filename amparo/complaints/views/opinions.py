"""The director's screen: what he is asked, the record beside it, and his answer, signed by his sign-in. COM-2, TIM-7."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.cases import queries as cases
from amparo.cases import words as case_words
from amparo.complaints import access, commands, queries, words
from amparo.complaints.forms import OpinionForm
from amparo.complaints.models import Opinion
from amparo.kernel.refusals import Invalid, Refusal
from amparo.ui.views import staff_only


@require_safe
@staff_only("rnd_director")
def opinions(request: HttpRequest) -> HttpResponse:
    """What the director is asked, what is due first first. TIM-7."""
    context = {"rows": queries.opinions_asked(request.actor), "says": words}
    return render(request, "complaints/desk/opinions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("rnd_director")
def opinion(request: HttpRequest, opinion_id: int) -> HttpResponse:
    """Answer in writing. To sign, the person gives the password or second factor once more; the text is kept meanwhile."""
    asked = queries.opinion_for(request.actor, opinion_id)
    if asked is None:
        raise Http404
    given = request.POST if request.method == "POST" else None
    kept = queries.draft_of(request.actor, asked.complaint) if given is None and asked.is_awaited else {}
    form, refusal = OpinionForm(given, initial={"body": kept.get("opinion", "")}), None
    if given is not None and form.is_valid():
        if asked.is_awaited and not _is_surely_who_signs(request):
            commands.save_draft(asked.complaint, {"opinion": form.cleaned_data["body"]}, actor=request.actor, at=request.now)
            messages.info(request, _("Your text is kept. Confirm who you are, then sign it."))
            back = urlencode({"next": reverse("desk_complaints:opinion", args=[opinion_id])})
            return redirect(f"{reverse('account_reauthenticate')}?{back}")
        try:
            commands.give_opinion(asked, form.cleaned_data["body"], actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error("body", str(wrong))
        except Refusal as refused:
            if refused.status == 403:
                raise
            refusal, asked = refused, queries.opinion_for(request.actor, opinion_id) or asked
        else:
            messages.success(request, _("Your opinion is signed and with quality control."))
            return redirect("desk_complaints:opinion", opinion_id)
    return _show(request, asked, form, refusal)


def _is_surely_who_signs(request: HttpRequest) -> bool:
    """True where the person gave a password or second factor moments ago in this session."""

    @reauthentication_required
    def passed(_request: HttpRequest) -> bool:
        return True

    try:
        return bool(passed(request))
    except ReauthenticationRequired:
        return False


def _show(request: HttpRequest, asked: Opinion, form: OpinionForm, refusal: Refusal | None) -> HttpResponse:
    page = queries.complaint_page(request.actor, asked.complaint_id, at=request.now)
    assert page is not None
    case = cases.case_page(request.actor, page.complaint.case_id)
    assert case is not None
    may_answer = asked.is_awaited and access.may_answer(request.actor, asked, queries.involved(page.complaint))
    context = {
        "page": page, "asked": asked, "form": form, "refusal": refusal, "may_answer": may_answer, "case": case, "says": words,
        "story": cases.story(case, request.actor), "cases": case_words, "at": request.now,
    }  # fmt: skip
    status = refusal.status if refusal else (422 if form.errors else 200)
    return render(request, "complaints/desk/opinion.html", context, status=status)
