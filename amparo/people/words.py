"""The letters and short messages of sign-in as sentences for people.

One function a letter: what it says, what its button says. Addresses and names are data, never templates. SEC-19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, in the language that is active."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str = ""
    url: str = ""
    footnote: str = ""


def _not_you() -> str:
    return _("If it was not you, ignore this letter: nothing changes.")


def _confirm_address(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Confirm your address"),
        (_("Confirm that this address is yours, and you can begin."), _("The link works once, for three days.")),
        _("Confirm my address"),
        str(context["activate_url"]),
        _not_you(),
    )


def _set_password(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Choose a new password"),
        (_("You asked for a new password. Choose it with this link; it works once."),),
        _("Choose a password"),
        str(context["password_reset_url"]),
        _not_you(),
    )


def _nobody_here(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Nobody is registered with this address"),
        (
            _("Somebody asked for a new password with this address, but nobody is registered with it."),
            _("If it was you, try your other address, or register."),
        ),
        _("Register"),
        str(context["signup_url"]),
        _not_you(),
    )


def _already_here(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("You are registered already"),
        (
            _("Somebody tried to register with this address, and it is registered already."),
            _("If it was you, sign in. If you forgot your password, choose a new one."),
        ),
        _("Choose a password"),
        str(context["password_reset_url"]),
        _not_you(),
    )


def _changed(subject: str, sentence: str, context: Mapping[str, Any]) -> Letter:
    """A letter that tells of a change of the person's own sign-in, and what to do where it was not he."""
    return Letter(
        subject,
        (
            sentence,
            _("It was done from the address %(ip)s with %(browser)s.")
            % {"ip": context.get("ip", "?"), "browser": context.get("user_agent", "?")},
        ),
        footnote=_("If it was not you, choose a new password now and tell us."),
    )


def _changes(subject: Callable[[], str], sentence: Callable[[Mapping[str, Any]], str]) -> Callable[..., Letter]:
    return lambda context: _changed(subject(), sentence(context), context)


LETTERS: dict[str, Callable[[Mapping[str, Any]], Letter]] = {
    "account/email/email_confirmation": _confirm_address,
    "account/email/email_confirmation_signup": _confirm_address,
    "account/email/password_reset_key": _set_password,
    "account/email/unknown_account": _nobody_here,
    "account/email/account_already_exists": _already_here,
    "account/email/password_changed": _changes(
        lambda: _("Your password was changed"), lambda c: _("Your password was changed.")
    ),
    "account/email/password_set": _changes(
        lambda: _("Your password was set"), lambda c: _("Your password was set.")
    ),
    "account/email/password_reset": _changes(
        lambda: _("Your password was changed"), lambda c: _("Your password was changed by a link that we sent you.")
    ),
    "account/email/email_changed": _changes(
        lambda: _("Your address was changed"),
        lambda c: _("You now sign in with %(new)s instead of %(old)s.")
        % {"new": c.get("to_email", ""), "old": c.get("from_email", "")},
    ),
    "account/email/email_confirm": _changes(
        lambda: _("Your address is confirmed"), lambda c: _("Your address is confirmed.")
    ),
    "account/email/email_deleted": _changes(
        lambda: _("An address was removed"),
        lambda c: _("The address %(address)s no longer belongs to you here.") % {"address": c.get("deleted_email", "")},
    ),
    "mfa/email/totp_activated": _changes(
        lambda: _("Authenticator app added"), lambda c: _("From now on you sign in with a code of your app, too.")
    ),
    "mfa/email/totp_deactivated": _changes(
        lambda: _("Authenticator app removed"), lambda c: _("Signing in no longer asks for a code of your app.")
    ),
    "mfa/email/webauthn_added": _changes(lambda: _("Passkey added"), lambda c: _("You can sign in with a new passkey.")),
    "mfa/email/webauthn_removed": _changes(
        lambda: _("Passkey removed"), lambda c: _("One of your passkeys no longer opens anything.")
    ),
    "mfa/email/recovery_codes_generated": _changes(
        lambda: _("New recovery codes"), lambda c: _("New recovery codes were made; the old ones no longer work.")
    ),
}


def message(template: str, context: Mapping[str, Any]) -> str:
    """Return the short message that is shown after an act of sign-in, empty where none is needed."""
    address = {"address": context.get("email", "")}
    sentences: dict[str, Callable[[], str]] = {
        "account/messages/logged_in.txt": lambda: "",
        "account/messages/logged_out.txt": lambda: _("You have signed out."),
        "account/messages/cannot_delete_primary_email.txt": lambda: _(
            "You sign in with %(address)s: choose another address for that first."
        )
        % address,
        "account/messages/email_confirmation_failed.txt": lambda: _("%(address)s belongs to somebody else here.") % address,
        "account/messages/email_confirmation_sent.txt": lambda: _("We sent a letter to %(address)s.") % address,
        "account/messages/email_confirmed.txt": lambda: _("%(address)s is confirmed.") % address,
        "account/messages/email_deleted.txt": lambda: _("%(address)s was removed.") % address,
        "account/messages/password_changed.txt": lambda: _("Your password was changed."),
        "account/messages/password_set.txt": lambda: _("Your password was set."),
        "account/messages/primary_email_set.txt": lambda: _("You sign in with this address from now on."),
        "account/messages/unverified_primary_email.txt": lambda: _("Confirm the address first."),
        "mfa/messages/totp_activated.txt": lambda: _("The authenticator app is added."),
        "mfa/messages/totp_deactivated.txt": lambda: _("The authenticator app is removed."),
        "mfa/messages/webauthn_added.txt": lambda: _("The passkey is added."),
        "mfa/messages/webauthn_removed.txt": lambda: _("The passkey is removed."),
        "mfa/messages/recovery_codes_generated.txt": lambda: _("New recovery codes are made. Keep them in a safe place."),
        "usersessions/messages/sessions_logged_out.txt": lambda: _("Every other session was ended."),
    }
    return sentences[template]() if template in sentences else ""


def invitation_letter(*, place: str, inviter: str, days: int, url: str, to_staff: bool) -> Letter:
    """Return the letter of an invitation to act for a company, or to join the staff of the vendor."""
    if to_staff:
        first = _("%(inviter)s invites you to work in the support of %(place)s.") % {"inviter": inviter, "place": place}
    else:
        first = _("%(inviter)s invites you to ask for support in the name of %(place)s.") % {
            "inviter": inviter,
            "place": place,
        }
    return Letter(
        _("Invitation: %(place)s") % {"place": place},
        (first, _("The link is yours alone. It works once, for %(days)s days.") % {"days": days}),
        _("Accept the invitation"),
        url,
        _("If you do not know what this is about, ignore this letter: nothing changes."),
    )
