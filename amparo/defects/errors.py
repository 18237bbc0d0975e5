"""Refusals of defects."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class AlreadyReported(Refusal):
    code = "already_reported"
    message = _("This is marked as a defect already.")


class OtherProduct(Invalid):
    code = "other_product"
    message = _("This defect belongs to another product, or has been answered. Choose another one.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = _("Write the answer that the customer gets: what was corrected, or why this is not a defect.")


class ReportMoment(Invalid):
    code = "report_moment"
    message = _("The report cannot be older than the matter, nor lie ahead.")
