"""What people follow: a fact, one command."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM
from amparo.policies.queries import value

from . import commands
from .letters import write
from .models import Invitation
from .rules import unseal
from .words import invitation_letter


def send_invitation(fact: FactRow) -> None:
    """Send the letter of an invitation, in the language of the person. After `invitation.sent`.

    The link's secret is opened here and forgotten when the letter is out; an invitation that was answered,
    withdrawn or sent already needs no letter.
    """
    invitation = Invitation.objects.select_related("customer", "invited_by").get(pk=fact.subject_id)
    if not invitation.token_sealed or not invitation.is_open(fact.at):
        return
    token = unseal(invitation.token_sealed, settings.SECRETS["field_key"])
    if token is None:
        raise ValueError("the invitation was sealed with another key")
    vendor = value("identity.name", at=fact.at)
    with translation.override(invitation.language):
        letter = invitation_letter(
            place=invitation.customer.name if invitation.customer else vendor,
            inviter=invitation.invited_by.get_full_name() if invitation.invited_by else vendor,
            days=max(1, (invitation.expires_at - fact.at).days),
            url=f"{settings.PUBLIC_URL}/people/invitation/{token}/",
            to_staff=invitation.customer is None,
        )
        write(letter, to=invitation.email, language=invitation.language, at=fact.at).send()
    commands.mark_invitation_sent(invitation, actor=SYSTEM, at=fact.at)
