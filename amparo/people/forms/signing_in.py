"""allauth's forms in our words: one field for a new password, no text inside the fields."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as base
from allauth.mfa.base import forms as mfa_base
from allauth.mfa.totp import forms as totp_base
from allauth.mfa.webauthn import forms as webauthn_base
from django.utils.translation import gettext_lazy as _

PASSWORD_HELP = _("At least ten characters; a few words together are good.")


class _OurWords:
    """Labels and help of ours by name of field; a password is written once, and can be looked at."""

    fields: dict[str, Any]
    words: dict[str, tuple[Any, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.words:
                field.label, field.help_text = self.words[name]


class SignIn(_OurWords, base.LoginForm):
    words = {
        "login": (_("E-mail"), ""),
        "password": (_("Password"), ""),
        "remember": (_("Stay signed in on this device"), ""),
    }


class SignUp(_OurWords, base.SignupForm):
    words = {"email": (_("E-mail"), ""), "password1": (_("Choose a password"), PASSWORD_HELP)}


class AskForReset(_OurWords, base.ResetPasswordForm):
    words = {"email": (_("E-mail"), "")}


class Reset(_OurWords, base.ResetPasswordKeyForm):
    words = {"password1": (_("New password"), PASSWORD_HELP)}


class ChangePassword(_OurWords, base.ChangePasswordForm):
    words = {"oldpassword": (_("Present password"), ""), "password1": (_("New password"), PASSWORD_HELP)}


class SetPassword(_OurWords, base.SetPasswordForm):
    words = {"password1": (_("New password"), PASSWORD_HELP)}


class AddAddress(_OurWords, base.AddEmailForm):
    words = {"email": (_("E-mail"), _("We send a letter there to confirm it."))}


class Reauthenticate(_OurWords, base.ReauthenticateForm):
    words = {"password": (_("Password"), "")}


class EnterCode(_OurWords, mfa_base.AuthenticateForm):
    words = {"code": (_("Code"), "")}


class ReenterCode(_OurWords, mfa_base.ReauthenticateForm):
    words = {"code": (_("Code"), "")}


class AddApp(_OurWords, totp_base.ActivateTOTPForm):
    words = {"code": (_("Code"), "")}


class AddPasskey(_OurWords, webauthn_base.AddWebAuthnForm):
    words = {
        "name": (_("Name"), _("By which you tell it from others: «My telephone».")),
        "passwordless": (_("Signs in alone, without the password"), _("Recommended.")),
    }


class RenamePasskey(_OurWords, webauthn_base.EditWebAuthnForm):
    words = {"name": (_("Name"), "")}
