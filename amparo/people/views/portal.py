"""One's own settings, and «Mi empresa»: the contacts of the company that one acts for. ACC-11."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid, Stale
from amparo.people import access, commands, queries
from amparo.people.errors import NotYourCompany
from amparo.people.forms import AddressForm, ContactForm, InviteContactForm, ProfileForm
from amparo.people.middleware import keep_session
from amparo.people.models import COMPANY_ROLE_LABELS, PROFILE_FIELDS
from amparo.people.rules import device_name
from amparo.ui.views import contact_only, signed_in

from . import beside_field


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change name, telephone, language, theme, zone and shortcuts."""
    user: Any = request.user
    form = ProfileForm(request.POST or None, initial={name: getattr(user, name) for name in PROFILE_FIELDS})
    if request.method == "POST" and form.is_valid():
        try:
            commands.update_profile(user, **form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            messages.success(request, _("Saved."))
            response = redirect("people:profile")
            response.set_cookie("theme", form.cleaned_data["theme"], samesite="Lax", httponly=True,
                                max_age=365 * 24 * 3600, secure=request.is_secure())  # fmt: skip
            return response
    context = {"form": form, "companies_list": queries.companies_of(user), "role_labels": COMPANY_ROLE_LABELS}
    return render(request, "people/portal/profile.html", context, status=422 if form.errors else 200)


@signed_in
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Show how one signs in: password, passkeys, authenticator app, recovery codes, sessions."""
    return render(request, "people/portal/security.html", queries.sign_in_of(request.actor.user_id))


@signed_in
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions of a person; a POST ends every other one at once, with its streams. SEC-6."""
    if request.method == "POST":
        person: Any = request.user
        user = commands.end_sessions(person, actor=request.actor, at=request.now)
        keep_session(request, user)
        messages.success(request, _("Every other session was ended."))
        return redirect("people:sessions")
    found = sorted(UserSession.objects.purge_and_list(request.user), key=lambda s: s.created_at, reverse=True)
    context = {"sessions": found, "session_count": len(found), "device": device_name}
    return render(request, "usersessions/usersession_list.html", context)


@signed_in
@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Act for another of one's companies from now on. ACC-11."""
    number = request.POST.get("customer", "")
    if not number.isdecimal() or len(number) > 18:
        raise NotYourCompany()
    commands.switch_company(int(number), actor=request.actor, at=request.now)
    return redirect("/")


@contact_only
@require_safe
def company(request: HttpRequest) -> HttpResponse:
    """Show the company that one acts for: its card, its contacts, who is invited."""
    actor = request.actor
    manages = access.may_manage_contacts(actor, actor.customer_id)
    context = {
        "card": queries.customer_card(actor.customer_id),
        "contacts": queries.contacts_of(actor, actor.customer_id),
        "invitations": queries.invitations_of(actor, actor.customer_id, at=request.now) if manages else [],
        "manages": manages,
        "role_labels": COMPANY_ROLE_LABELS,
    }
    return render(request, "people/portal/company.html", context)


def _same_company(request: HttpRequest) -> None:
    """Refuse a form that was shown while one acted for another company. SEC-8. Raises Stale."""
    if request.POST.get("seen") != str(request.actor.customer_id):
        raise Stale()


@contact_only
@require_http_methods(["GET", "POST"])
def company_address(request: HttpRequest) -> HttpResponse:
    """Let the company's administrator correct where it is reached."""
    customer = get_object_or_404(access.visible_to(request.actor))
    form = AddressForm(
        request.POST or None, initial={"phone": customer.phone, "email": customer.email, "address": customer.address}
    )
    if request.method == "POST" and form.is_valid():
        _same_company(request)
        try:
            commands.correct_address(customer, **form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return redirect("people:company")
    context = {"form": form, "customer": customer}
    return render(request, "people/portal/company_address.html", context, status=422 if form.errors else 200)


@contact_only
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a colleague by letter."""
    customer = get_object_or_404(access.visible_to(request.actor))
    form = InviteContactForm(request.POST or None, initial={"company_role": "member", "language": request.actor.language})
    if request.method == "POST" and form.is_valid():
        _same_company(request)
        try:
            commands.invite_contact(
                customer, **form.cleaned_data, key=request.POST.get("key"), actor=request.actor, at=request.now
            )
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("people:company")
    context = {"form": form, "customer": customer}
    return render(request, "people/portal/invite.html", context, status=422 if form.errors else 200)


@contact_only
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Show a contact of one's company; its administrator changes role, position and telephone."""
    found = get_object_or_404(access.visible_contacts(request.actor).select_related("user", "customer"), pk=contact_id)
    form = ContactForm(
        request.POST or None, initial={"company_role": found.company_role, "title": found.title, "phone": found.phone}
    )
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            commands.update_contact(
                found, title=fields["title"], phone=fields["phone"], actor=request.actor, at=request.now
            )
            if fields["company_role"] != found.company_role:
                commands.change_company_role(found, fields["company_role"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return redirect("people:company")
    context = {
        "form": form, "contact": found, "role_labels": COMPANY_ROLE_LABELS,
        "manages": access.may_manage_contacts(request.actor, found.customer_id),
        "is_me": found.pk == request.actor.contact_id,
    }  # fmt: skip
    return render(request, "people/portal/contact.html", context, status=422 if form.errors else 200)


@contact_only
@require_POST
def remove_contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Take a colleague's access away, or leave the company oneself."""
    found = get_object_or_404(access.visible_contacts(request.actor), pk=contact_id)
    commands.remove_contact(found, actor=request.actor, at=request.now)
    return redirect("people:company" if found.pk != request.actor.contact_id else "people:profile")


@contact_only
@require_POST
def resend_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_invitations(request.actor), pk=invitation_id)
    commands.resend_invitation(found, actor=request.actor, at=request.now)
    messages.success(request, _("The invitation is on its way."))
    return redirect("people:company")


@contact_only
@require_POST
def revoke_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_invitations(request.actor), pk=invitation_id)
    commands.revoke_invitation(found, actor=request.actor, at=request.now)
    return redirect("people:company")
