"""Refusals of products."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class SerialTaken(Invalid):
    code = "serial_taken"
    message = _("This serial is already registered. Look it up to see for whom.")


class SerialNotTaken(Invalid):
    code = "serial_form"
    message = _("A serial has 6 to 40 letters and digits. Check it against the certificate.")


class VersionTaken(Invalid):
    code = "version_taken"
    message = _("This product already has a release with this version. Use another number.")


class CodeTaken(Invalid):
    code = "product_code_taken"
    message = _("There is already a product with this code. Use another code.")


class OtherProduct(Invalid):
    code = "other_product"
    message = _("This version belongs to another product. Choose a version of the licence's own product.")


class NoTerminalLeft(Refusal):
    code = "no_terminal_left"
    message = _("All terminals of this licence are in use. Release one, or extend the licence.")


class TerminalBound(Invalid):
    code = "terminal_bound"
    message = _("This terminal is already active on this licence. There is nothing to do.")


class TooFewTerminals(Invalid):
    code = "too_few_terminals"
    message = _("More terminals than that are active. Release some first.")


class LicenceWithdrawn(Refusal):
    code = "licence_withdrawn"
    message = _("This licence was withdrawn. Register the one that replaces it.")


class ChecksOpen(Refusal):
    """What has to be looked at before a release becomes current was not; a reason goes on without it. QUO-7."""

    code = "checks_open"
    message = _("This version cannot become current yet.")
