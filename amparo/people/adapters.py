"""What allauth asks of us: our letters and messages, our verbs, our secrets sealed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amparo.kernel import clock
from amparo.kernel.actor import VISITOR
from amparo.policies.queries import value

from . import commands
from .letters import sender, write
from .models import User
from .queries import actor_of
from .rules import seal, unseal
from .words import LETTERS, message

BY_LETTER = "account_reset_password_from_key"  # the page of the link in the letter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in, sign-up and their letters."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This person is switched off. Ask an administrator."),
        "cannot_remove_primary_email": _("You sign in with this address. Choose another one for that first."),
        "duplicate_email": _("This address is yours already."),
        "email_password_mismatch": _("Address and password do not go together. Look at both and try again."),
        "email_taken": _("Somebody is registered with this address already."),
        "enter_current_password": _("Write your present password."),
        "incorrect_code": _("The code is not right. Take the one that is shown now."),
        "incorrect_password": _("The password is not right."),
        "invalid_or_expired_key": _("The link is not valid, or no longer."),
        "invalid_login": _("That did not work. Try again."),
        "invalid_password_reset": _("The link is not valid, or no longer. Ask for a new one."),
        "max_email_addresses": _("You can have at most %d addresses."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, or choose a new password."),
        "unknown_email": _("Nobody is registered with this address."),
        "unverified_primary_email": _("Confirm the address that you sign in with first."),
        "same_as_current": _("Write another one than the present one."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
    }

    def new_user(self, request: HttpRequest) -> User:
        return User(language=translation.get_language() or settings.LANGUAGE_CODE)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Write the person of the sign-up form by our own verb. ACC-2."""
        user.email = form.cleaned_data["email"]
        user.name = form.cleaned_data.get("name", "")
        password = form.cleaned_data.get("password1")
        return commands.save_registration(user, password=password, actor=VISITOR, at=clock.now())

    def set_password(self, user: Any, password: str) -> None:
        """Write a new password by our own verb: it ends every other session and stream. SEC-6."""
        commands.change_password_of_person(user, password, actor=actor_of(user), at=clock.now())
        if self.request and self.request.resolver_match and self.request.resolver_match.url_name == BY_LETTER:
            commands.note_address_proved(user, actor=actor_of(user), at=clock.now())  # so that no second letter asks it

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the request comes from; the edge has already read trusted proxies' headers. SEC-60."""
        return request.META.get("REMOTE_ADDR") or "127.0.0.1"

    def get_from_email(self) -> str:
        return sender(clock.now())

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """Write one of allauth's letters in our words, in the language of its reader. SEC-3: to one address."""
        assert isinstance(email, str), "a letter of sign-in goes to one address"
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = getattr(user, "language", "") or translation.get_language() or settings.LANGUAGE_CODE
        with translation.override(language):
            letter = LETTERS[template_prefix](context)
        return write(letter, to=email, language=language, at=clock.now())

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address as it stands here, never to what was typed. SEC-3."""
        kept = EmailAddress.objects.filter(user=user, email__iexact=email).values_list("email", flat=True).first()
        self.send_mail("account/email/password_reset_key", kept or user.email, context)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Show a short message in our words; signing in needs none."""
        text = message or _message(message_template, message_context)
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        """Bring the appearance of the person's profile to this device."""
        response = super().post_login(request, user, **more)
        response.set_cookie(
            "theme", user.theme, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=request.is_secure()
        )
        return response

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("people:security")


def _message(template: str | None, context: dict[str, Any] | None) -> str:
    return message(template, context or {}) if template else ""


class MFAAdapter(DefaultMFAAdapter):
    """Second factors; their secrets are sealed with the installation's key."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": _("With a second factor you cannot add addresses. Remove it first, then add the address."),
        "cannot_delete_authenticator": _("This factor cannot be removed."),
        "cannot_generate_recovery_codes": _("Add an authenticator app or a passkey first."),
        "incorrect_code": _("The code is not right. Take the one that is shown now."),
        "unverified_email": _("Confirm your address before you add a second factor."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, settings.SECRETS["field_key"])

    def decrypt(self, encrypted_text: str) -> str:
        text = unseal(encrypted_text, settings.SECRETS["field_key"])
        if text is None:
            raise ValueError("a second factor was sealed with another key")
        return text

    def get_totp_issuer(self) -> str:
        return value("identity.name", at=clock.now())

    def _get_site_name(self) -> str:
        return value("identity.name", at=clock.now())

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}
