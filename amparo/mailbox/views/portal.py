"""The whole e-mail behind an entry, and the choice of a product for one that waits. TKT-1."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.mailbox import access, commands, queries
from amparo.mailbox.commands.shared import letter_of
from amparo.mailbox.forms import ChooseForm
from amparo.mailbox.models import Mail
from amparo.mailbox.rules.shown import shown_html
from amparo.people.models import User
from amparo.ui.views import contact_only, signed_in


@require_safe
@signed_in
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The message as it came, quotes and signature and all, to whoever sees the entry. SEC-11."""
    mail = access.mail_of_entry(request.actor, entry_id)
    if mail is None:
        raise Http404
    letter = letter_of(mail)
    context = {
        "mail": mail, "letter": letter, "html": shown_html(letter.html, mail.pictures) if letter.html else "",
        "people": ", ".join(f"{one.name} <{one.address}>".strip() for one in [*letter.to, *letter.cc][:20]) if request.actor.is_staff else "",
    }  # fmt: skip
    page = "mailbox/_whole.html" if request.htmx else "mailbox/desk/whole.html" if request.actor.is_staff else "mailbox/portal/whole.html"
    return render(request, page, context)


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def choose(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Which product a message of one's own is about: then its ticket is open."""
    mail = get_object_or_404(Mail, pk=mail_id, user_id=request.actor.user_id, reason="which_product")
    if mail.state != "waiting":
        if mail.matter.startswith("ticket:"):
            return redirect("tickets:ticket", int(mail.matter.partition(":")[2]))
        raise Http404
    ways = queries.ways_to_open(User.objects.get(pk=request.actor.user_id), at=request.now).ways
    form = ChooseForm(request.POST or None, ways=ways)
    if request.method == "POST" and form.is_valid():
        customer_id, product_id = form.chosen()
        done = commands.open_chosen(mail, customer_id=customer_id, product_id=product_id, actor=request.actor, at=request.now)
        messages.success(request, _("Your ticket is open. You need not write it again."))
        if done.customer_id == request.actor.customer_id:
            return redirect("tickets:ticket", int(done.matter.partition(":")[2]))
        return redirect("web:home")
    status = 422 if request.method == "POST" else 200
    return render(request, "mailbox/portal/choose.html", {"mail": mail, "form": form, "letter": letter_of(mail)}, status=status)
