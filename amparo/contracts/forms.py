"""Fields of contracts. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from .models import ImportRun, Plan, ServiceCardBatch

CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PlanForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea,
        help_text=_("Customers read it beside the price."),
    )
    events = forms.IntegerField(label=_("Events"), min_value=0, max_value=100_000, initial=0)
    incidents = forms.IntegerField(label=_("Incidents"), min_value=0, max_value=100_000, initial=0)
    credits = forms.IntegerField(label=_("Service credits"), min_value=0, max_value=100_000, initial=0)
    months = forms.IntegerField(label=_("Length"), min_value=1, max_value=120, initial=12, help_text=_("Months."))
    price = forms.DecimalField(label=_("Price"), min_value=0, max_digits=12, decimal_places=2, initial=0)
    currency = forms.RegexField(r"^[A-Z]{3}$", label=_("Currency"), initial="MXN", help_text=_("Three letters, like MXN."))
    discount_percent = forms.IntegerField(
        label=_("Discount on services"), min_value=0, max_value=100, initial=0, required=False, help_text=_("Per cent.")
    )
    course_access = forms.BooleanField(label=_("Gives access to the courses for covered customers"), required=False)
    named_contacts_max = forms.IntegerField(
        label=_("Named contacts"), min_value=1, max_value=1000, required=False,
        help_text=_("At most so many people of the customer are covered. Empty: all of them."),
    )
    notes = forms.CharField(
        label=_("Other benefits, in words"), max_length=1000, required=False, widget=forms.Textarea
    )

    def terms(self) -> dict[str, Any]:
        """Return the fields as the commands take them, the benefits in one."""
        given = dict(self.cleaned_data)
        names = ("discount_percent", "course_access", "named_contacts_max", "notes")
        benefits = {name: given.pop(name) for name in names}
        return {**given, "benefits": benefits}

    @staticmethod
    def of(plan: Plan) -> dict[str, Any]:
        """Return a plan as the form's first values."""
        fields = ("name", "description", "events", "incidents", "credits", "months", "price", "currency")
        return {**{name: getattr(plan, name) for name in fields}, **plan.benefits}


class SellForm(forms.Form):
    customer = forms.CharField(
        label=_("Customer"), max_length=40, help_text=_("The NIC, like 10482-71."), widget=forms.TextInput(attrs=CODE)
    )
    plan = forms.ModelChoiceField(Plan.objects.filter(is_on_sale=True), label=_("Plan"), empty_label=_("Choose"))
    starts_on = forms.DateField(label=_("First day"), widget=DATE)


class RenewForm(forms.Form):
    plan = forms.ModelChoiceField(Plan.objects.filter(is_on_sale=True), label=_("Plan"), empty_label=None)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class BatchForm(forms.Form):
    name = forms.CharField(label=_("Name of the batch"), max_length=80, help_text=_("Only staff see it."))
    face_value = forms.IntegerField(
        label=_("Credits on each card"), max_value=100_000, validators=[MinValueValidator(1)]
    )
    count = forms.IntegerField(label=_("Cards"), min_value=1, max_value=5000)
    purpose = forms.ChoiceField(label=_("Purpose"), choices=ServiceCardBatch.PURPOSES)
    redeem_until = forms.DateField(
        label=_("Redeemable until"), required=False, widget=DATE,
        help_text=_("The last day, inclusive. Empty: without a limit."),
    )


class RedeemForm(forms.Form):
    code = forms.CharField(
        label=_("Code of the card"), max_length=60, help_text=_("Twenty letters and digits; dashes do not matter."),
        widget=forms.TextInput(attrs={**CODE, "placeholder": "ABCD-EFGH-JKLM-NPQR-STUV"}),
    )


class DeskRedeemForm(RedeemForm):
    customer = forms.CharField(
        label=_("Customer"), max_length=40, help_text=_("The NIC, like 10482-71."), widget=forms.TextInput(attrs=CODE)
    )
    field_order = ("customer", "code")


class AskForm(forms.Form):
    words = forms.CharField(
        label=_("Anything we should know"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=_("What the file holds"), choices=ImportRun.KINDS)
    file = forms.FileField(
        label=_("CSV file"), help_text=_("With a first row of headings; separated by commas or semicolons."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
