"""Who plans and leads: the list, a new class of each kind, one class with its price, attendance and recording. LIV-1, TAR-1, TAR-4."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.campus.models import ClassDate
from amparo.cases import access as cases
from amparo.charging.queries import explain
from amparo.classroom import access, commands, forms, queries, words
from amparo.classroom.machine import Kind, State
from amparo.classroom.models import LiveClass
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import Invalid, Refusal
from amparo.people.models import Customer, User
from amparo.people.queries import staff_with
from amparo.ui.views import staff_only

from .shared import found, key_of

METHODS = ["GET", "HEAD", "POST"]


@require_safe
@staff_only()
def classes(request: HttpRequest) -> HttpResponse:
    """What runs, what comes, what was."""
    context = {
        "coming": queries.coming(request.actor, at=request.now), "past": queries.past(request.actor, at=request.now), "says": words,
        "may_plan": access.may_plan(request.actor, Kind.HOUR),
    }  # fmt: skip
    return render(request, "classroom/desk/classes.html", context)


@require_http_methods(METHODS)
@staff_only(*access.LEADING, *access.TEACHING)
def new(request: HttpRequest) -> HttpResponse:
    """Plan a class: ?date= of a course's live class, ?case= that is attended, else an exclusive hour of a customer."""
    if date := _number(request, "date"):
        return _for_course(request, get_object_or_404(ClassDate.objects.select_related("lesson__section__course", "cohort"), pk=date))
    if case := _number(request, "case"):
        return _for_case(request, get_object_or_404(cases.visible_to(request.actor).select_related("thread"), pk=case))
    form = forms.HourForm(request.POST or None, initial={"customer": request.GET.get("customer", "")})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        nic = given.pop("customer")
        customer = _customer(nic)
        if customer is None:
            form.add_error("customer", _("There is no customer with this NIC."))
        else:
            return _planned(request, form, _("Exclusive hour"), lambda: commands.plan_hour(
                customer, given["title"], given["starts_at"], minutes=given["minutes"], people=given["people"], recorded=given["recorded"],
                key=key_of(request), actor=request.actor, at=request.now,
            ))  # fmt: skip
    text = _("The customer sees the price before anything is set aside, and pays afterwards by what was used.")
    return _form(request, form, _("Exclusive hour"), text)


def _customer(nic: str) -> Customer | None:
    try:
        return Customer.objects.filter(nic=parse_nic(nic), is_active=True).first()
    except (Refusal, ValueError):
        return None


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _for_course(request: HttpRequest, date: ClassDate) -> HttpResponse:
    if known := LiveClass.objects.filter(date=date).first():
        return redirect("desk_classroom:class", known.pk)
    people = [(one.pk, one.name) for one in staff_with("instructor", "engineer")]
    mine = request.actor.user_id
    form = forms.CourseForm(people, request.POST or None, initial={"instructor": mine if any(pk == mine for pk, _name in people) else None})
    title = _("Give «%(title)s» in the classroom") % {"title": date.lesson.title}
    if request.method == "POST" and form.is_valid():
        instructor = User.objects.get(pk=form.cleaned_data["instructor"])
        return _planned(request, form, title, lambda: commands.plan_for_course(
            date, instructor, recorded=form.cleaned_data["recorded"], key=key_of(request), actor=request.actor, at=request.now,
        ))  # fmt: skip
    return _form(request, form, title, _("The lesson of the course leads to it, and its people are told when it begins."))


def _for_case(request: HttpRequest, case: Any) -> HttpResponse:
    form = forms.AdviceForm(request.POST or None)
    title = _("A class in the case %(number)s") % {"number": case.number}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        return _planned(request, form, title, lambda: commands.plan_for_case(
            case, given["starts_at"], minutes=given["minutes"], recorded=given["recorded"], key=key_of(request), actor=request.actor, at=request.now,
        ))  # fmt: skip
    return _form(request, form, title, _("The clock of the case runs while the class does."))


def _planned(request: HttpRequest, form: Form, title: str, plan: Any) -> HttpResponse:
    try:
        made = plan()
    except Invalid as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        return _form(request, form, title)
    return redirect("desk_classroom:class", made.pk)


def _form(request: HttpRequest, form: Form, title: str, text: str = "", back: LiveClass | None = None) -> HttpResponse:
    context = {"form": form, "title": title, "text": text, "one": back}
    return render(request, "classroom/desk/form.html", context, status=422 if form.errors else 200)


@require_safe
@staff_only()
def live_class(request: HttpRequest, class_id: int) -> HttpResponse:
    """One class: when, for whom, at what price; who was there, and its recording."""
    one = found(request, class_id)
    language, waits = get_language() or "es", one.state in (State.PROPOSED, State.PLANNED)
    may_plan = access.may_plan(request.actor, one.kind) or access.may_lead(request.actor, one)
    context = {
        "one": one, "says": words, "there": queries.attendance(one, at=request.now), "may_change": waits and may_plan,
        "price": explain(one.charge, language, at=request.now if one.state == State.PROPOSED else None) if one.charge else None,
        "may_more": one.kind == Kind.HOUR and one.state in (State.PLANNED, State.RUNNING) and access.may_lead(request.actor, one),
        "may_lead": access.may_lead(request.actor, one), "more_price": queries.more_of(one, language, at=request.now),
    }  # fmt: skip
    return render(request, "classroom/desk/class.html", context)


@require_http_methods(METHODS)
@staff_only(*access.LEADING, *access.TEACHING)
def move(request: HttpRequest, class_id: int) -> HttpResponse:
    """Set another moment."""
    one = found(request, class_id)
    form = forms.MoveForm(request.POST or None, initial={"starts_at": one.starts_at})
    if request.method == "POST" and form.is_valid():
        return _planned(request, form, _("Another time"), lambda: commands.move(one, form.cleaned_data["starts_at"], actor=request.actor, at=request.now))
    return _form(request, form, _("Another time"), back=one)


@require_POST
@staff_only(*access.LEADING, *access.TEACHING)
def cancel(request: HttpRequest, class_id: int) -> HttpResponse:
    """Call a class off."""
    commands.cancel(found(request, class_id), reason=request.POST.get("reason", ""), actor=request.actor, at=request.now)
    messages.success(request, _("Called off. Everybody who was invited is told, and what was set aside came back."))
    return redirect("desk_classroom:class", class_id)


@require_http_methods(METHODS)
@staff_only(*access.LEADING)
def more(request: HttpRequest, class_id: int) -> HttpResponse:
    """Propose more minutes or people for the customer's yes. CHG-5, TAR-4."""
    one = found(request, class_id)
    if one.kind != Kind.HOUR:
        raise Http404
    form = forms.MoreForm(request.POST or None, initial={"minutes": one.agreed_minutes, "people": one.agreed_people})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        return _planned(request, form, _("Propose more"), lambda: commands.propose_more(
            one, minutes=given["minutes"], people=given["people"], key=key_of(request), actor=request.actor, at=request.now,
        ))  # fmt: skip
    return _form(request, form, _("Propose more"), _("Until the customer agrees nothing more is charged, and nobody more is let in."), back=one)


@require_POST
@staff_only(*access.LEADING)
def film(request: HttpRequest, class_id: int) -> HttpResponse:
    """Try again to make a film that failed. LIV-1."""
    if commands.try_film_again(found(request, class_id), actor=request.actor, at=request.now):
        messages.success(request, _("It is being tried again. This page shows when the recording is ready."))
    else:
        messages.info(request, _("Nothing was done: this recording has not failed, or is tried again already."))
    return redirect("desk_classroom:class", class_id)
