"""The desk's customers with their contacts, and the staff with its roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid
from amparo.people import access, commands, queries
from amparo.people.forms import ContactForm, CustomerForm, InviteContactForm, InviteStaffForm, RolesForm
from amparo.people.middleware import keep_session
from amparo.people.models import COMPANY_ROLE_LABELS, ROLE_LABELS, Customer, User
from amparo.ui.views import staff_only

from . import beside_field

FRONT = access.FRONT
# Where other apps show what a customer has: the names are theirs, a place that does not exist is not shown.
# What other apps hold of a customer: label, icon, address, who may go there (empty: all of staff), named in the query.
PLACES: tuple[tuple[Any, str, str, frozenset[str], bool], ...] = (
    (gettext_lazy("Calls and matters"), "phone", "desk_web:caller", frozenset({"operator", "engineer", "sales"}), False),
    (gettext_lazy("Tickets"), "messages", "desk_tickets:list", frozenset(), True),
    (gettext_lazy("Cases"), "briefcase", "desk_cases:cases", frozenset(), True),
    (gettext_lazy("Contracts"), "certificate", "desk_contracts:list", frozenset(), True),
    (gettext_lazy("Licences"), "license", "desk_products:of_customer", frozenset(), False),
    (gettext_lazy("Downloads"), "download", "desk_downloads:of_customer", frozenset(), False),
    (gettext_lazy("Statement"), "receipt", "desk_web:statement", frozenset(), False),
    (gettext_lazy("What it may use"), "shield-check", "desk_contracts:standing", frozenset(), False),
    (gettext_lazy("Agreements"), "file-check", "desk_agreements:acceptances", frozenset(), True),
    (gettext_lazy("Sell a contract"), "plus", "desk_contracts:sell", frozenset({"sales"}), True),
)


def _places(actor: Actor, customer_id: int, *, active: bool) -> list[dict[str, Any]]:
    """Return links to what other apps hold of a customer, as far as this person may see it."""
    found = []
    for label, icon, name, roles, asked in PLACES:
        if (roles and not actor.has_role(*roles)) or (name == "desk_contracts:sell" and not active):
            continue
        try:
            url = reverse(name) + f"?customer={customer_id}" if asked else reverse(name, args=(customer_id,))
        except NoReverseMatch:
            continue
        found.append({"label": label, "icon": icon, "url": url})
    return found


@staff_only()
@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """List customers by name, or find them by telephone, NIC, name or e-mail. TEL-1."""
    words, only = request.GET.get("q", "")[:100], request.GET.get("only", "")
    page = queries.customers_page(request.actor, words=words, after=request.GET.get("after", ""), only=only)
    context = {
        "page": page, "sought": words, "only": only, "may_register": access.may_register_customer(request.actor),
        "query": urlencode({k: v for k, v in (("q", words), ("only", only)) if v}),
    }  # fmt: skip
    partial = request.htmx and request.htmx.target == "customers"
    return render(request, "people/desk/_customers.html" if partial else "people/desk/customers.html", context)


def _customer(request: HttpRequest, customer_id: int) -> Customer:
    return get_object_or_404(access.visible_to(request.actor), pk=customer_id)


@staff_only()
@require_safe
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show a customer: what is known of it, its contacts and invitations, and where the rest stands."""
    card = queries.customer_card(customer_id)
    if card is None:
        raise Http404
    actor = request.actor
    context = {
        "card": card,
        "contacts": queries.contacts_of(actor, customer_id),
        "invitations": queries.invitations_of(actor, customer_id, at=request.now),
        "places_of_customer": _places(actor, customer_id, active=card.is_active),
        "may_change": actor.has_role(*FRONT),
        "may_switch": access.may_switch_customer(actor),
        "role_labels": COMPANY_ROLE_LABELS,
    }
    return render(request, "people/desk/customer.html", context)


@staff_only(*FRONT)
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a customer: it gets its NIC. TEL-2."""
    first = {name: request.GET[name][:200] for name in ("name", "phone", "email") if name in request.GET}
    form = CustomerForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.register_customer(
                **form.cleaned_data, key=request.POST.get("key"), actor=request.actor, at=request.now
            )
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            messages.success(request, _("Registered with the NIC %(nic)s.") % {"nic": made.nic_shown})
            return redirect("desk_people:customer", made.pk)
    return render(request, "people/desk/customer_edit.html", {"form": form, "customer": None}, status=422 if form.errors else 200)


@staff_only(*FRONT)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Correct what is known of a customer."""
    found = _customer(request, customer_id)
    form = CustomerForm(request.POST or None, initial={name: getattr(found, name) for name in CustomerForm.base_fields})
    if request.method == "POST" and form.is_valid():
        try:
            commands.update_customer(found, **form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return redirect("desk_people:customer", found.pk)
    return render(request, "people/desk/customer_edit.html", {"form": form, "customer": found}, status=422 if form.errors else 200)


@staff_only("sales")
@require_POST
def deactivate(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Switch a customer off; its contacts no longer act for it."""
    found = _customer(request, customer_id)
    commands.deactivate_customer(found, reason=request.POST.get("reason", "")[:500], actor=request.actor, at=request.now)
    return redirect("desk_people:customer", found.pk)


@staff_only("sales")
@require_POST
def reactivate(request: HttpRequest, customer_id: int) -> HttpResponse:
    found = _customer(request, customer_id)
    commands.reactivate_customer(found, actor=request.actor, at=request.now)
    return redirect("desk_people:customer", found.pk)


@staff_only(*FRONT)
@require_http_methods(["GET", "POST"])
def add_contact(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Add a contact: by a letter that invites, or at once, for who is known on the telephone. TEL-2."""
    found = _customer(request, customer_id)
    form = InviteContactForm(request.POST or None, initial={"company_role": "member", "language": "es-mx"})
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("how") == "at_once":
                commands.add_contact(found, **form.cleaned_data, actor=request.actor, at=request.now)
            else:
                commands.invite_contact(
                    found, **form.cleaned_data, key=request.POST.get("key"), actor=request.actor, at=request.now
                )
                messages.success(request, _("The invitation is on its way."))
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return redirect("desk_people:customer", found.pk)
    context = {"form": form, "customer": found}
    return render(request, "people/desk/contact_add.html", context, status=422 if form.errors else 200)


@staff_only(*FRONT)
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    """Change role, position and telephone of a contact."""
    contacts = access.visible_contacts(request.actor).select_related("user", "customer")
    found = get_object_or_404(contacts, pk=contact_id, customer=customer_id)
    form = ContactForm(
        request.POST or None, initial={"company_role": found.company_role, "title": found.title, "phone": found.phone}
    )
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            commands.update_contact(
                found, title=fields["title"], phone=fields["phone"], actor=request.actor, at=request.now
            )
            commands.change_company_role(found, fields["company_role"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return redirect("desk_people:customer", customer_id)
    return render(request, "people/desk/contact.html", {"form": form, "contact": found}, status=422 if form.errors else 200)


@staff_only(*FRONT)
@require_POST
def remove_contact(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_contacts(request.actor), pk=contact_id, customer=customer_id)
    commands.remove_contact(found, actor=request.actor, at=request.now)
    return redirect("desk_people:customer", customer_id)


@staff_only()
@require_POST
def answer_invitation(request: HttpRequest, invitation_id: int, what: str) -> HttpResponse:
    """Send an invitation again, or withdraw it; the command asks who may."""
    found = get_object_or_404(access.visible_invitations(request.actor), pk=invitation_id)
    act = {"resend": commands.resend_invitation, "revoke": commands.revoke_invitation}[what]
    act(found, actor=request.actor, at=request.now)
    if found.customer_id:
        return redirect("desk_people:customer", found.customer_id)
    return redirect("desk_people:staff")


@staff_only()
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """List the staff with its roles; administrators change them."""
    context = {
        "members": queries.staff_list(request.actor),
        "invitations": queries.staff_invitations(request.actor),
        "manages": access.may_manage_staff(request.actor),
        "role_labels": ROLE_LABELS,
    }
    return render(request, "people/desk/staff.html", context)


@staff_only("administrator")
@require_http_methods(["GET", "POST"])
def invite_staff(request: HttpRequest) -> HttpResponse:
    """Invite a person to the staff by letter. SEC-53."""
    form = InviteStaffForm(request.POST or None, initial={"language": request.actor.language})
    if request.method == "POST" and form.is_valid():
        try:
            commands.invite_staff(
                **form.cleaned_data, key=request.POST.get("key"), actor=request.actor, at=request.now
            )
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("desk_people:staff")
    return render(request, "people/desk/staff_invite.html", {"form": form}, status=422 if form.errors else 200)


@staff_only("administrator")
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show a member of the staff; set the roles. SEC-53."""
    found = get_object_or_404(access.visible_staff(request.actor), pk=user_id)
    held = list(found.staff_roles.values_list("role", flat=True))
    form = RolesForm(request.POST or None, initial={"roles": held})
    if request.method == "POST" and form.is_valid():
        user = commands.set_roles(found, form.cleaned_data["roles"], actor=request.actor, at=request.now)
        _keep_own(request, user)
        messages.success(request, _("Saved. The person signs in with the new roles."))
        return redirect("desk_people:staff")
    context = {"form": form, "member": found, "is_me": found.pk == request.actor.user_id}
    return render(request, "people/desk/member.html", context, status=422 if form.errors else 200)


def _keep_own(request: HttpRequest, user: User) -> None:
    """Let the administrator who changed himself go on in this session, under a new id. SEC-5."""
    if user.pk == request.actor.user_id:
        user.refresh_from_db(fields=["sessions_version"])
        keep_session(request, user)


@staff_only("administrator")
@require_POST
def switch_member(request: HttpRequest, user_id: int, what: str) -> HttpResponse:
    """Switch a member of the staff off or on, or end his sessions. SEC-6."""
    found = get_object_or_404(access.visible_staff(request.actor), pk=user_id)
    if what == "deactivate":
        commands.deactivate_user(found, reason=request.POST.get("reason", "")[:500], actor=request.actor, at=request.now)
    elif what == "reactivate":
        commands.reactivate_user(found, actor=request.actor, at=request.now)
    else:
        _keep_own(request, commands.end_sessions(found, actor=request.actor, at=request.now))
    return redirect("desk_people:member", found.pk)
