"""Parsing and messages of fields. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .machine import Kind
from .models import ItemVersion, QuoteVersion, ServiceRequest
from .rules.catalogue import DAYS_MAX, USUAL, TariffLine, Terms, parameters_from
from .rules.quotes import CURRENCIES, VALIDITY_MAX, Content, Line, lines_from, travel_from
from .rules.requests import NEEDED
from .words import KINDS, PRICINGS, USUAL_LABELS

BLANK_ROWS = 3


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def rows_of(given: QueryDict, prefix: str, names: tuple[str, ...], most: int = 60) -> list[dict[str, str]]:
    """Return the rows of a table of inputs: one dict for each index, as many as the longest column has."""
    columns = {name: given.getlist(f"{prefix}_{name}")[:most] for name in names}
    length = max((len(column) for column in columns.values()), default=0)
    return [{name: (column[n].strip() if n < len(column) else "") for name, column in columns.items()} for n in range(length)]


class QuoteForm(forms.Form):
    """What a version of a quote says beside its lines. QUO-3, CHG-9."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, KINDS[kind.value]) for kind in Kind])
    text = forms.CharField(
        label=_("What will be done"), widget=_area(8), required=False,
        help_text=_("What cannot be done is answered with what can, and its price. **bold**, lists and `code` work."),
    )  # fmt: skip
    business_days = forms.IntegerField(label=_("Delivery, in business days from acceptance"), min_value=1, max_value=DAYS_MAX, initial=5)
    valid_days = forms.IntegerField(label=_("Valid for, in days"), min_value=1, max_value=VALIDITY_MAX, initial=15)
    terms = forms.CharField(label=pgettext_lazy("quote", "Terms"), widget=_area(3), required=False)
    travel_amount = forms.DecimalField(
        label=_("Travel expenses, in money"), required=False, min_value=0, max_digits=9, decimal_places=2,
        help_text=_("Apart from the credits, and never charged in them."),
    )  # fmt: skip
    travel_currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    travel_text = forms.CharField(label=_("What the expenses are for"), max_length=200, required=False)

    LINES = ("text", "quantity", "credits", "code", "participants", "mark")

    def content(self, given: QueryDict) -> Content:
        """Return what was written, with its lines. Raises LineInvalid, TravelInvalid."""
        data = self.cleaned_data
        rows = [row for row in rows_of(given, "line", self.LINES) if row["text"] or row["credits"] or row["code"]]
        travel = travel_from(data["travel_amount"], data["travel_currency"], data["travel_text"])
        return Content(
            lines=lines_from(rows), business_days=data["business_days"], text=data["text"], terms=data["terms"],
            valid_days=data["valid_days"], travel=travel,
        )  # fmt: skip

    @classmethod
    def initial_of(cls, title: str, kind: str, version: QuoteVersion) -> dict[str, Any]:
        kept = ("text", "business_days", "valid_days", "terms", "travel_amount", "travel_currency", "travel_text")
        return {"title": title, "kind": kind} | {name: getattr(version, name) for name in kept}


def line_rows(given: QueryDict | None, lines: tuple[Line, ...] = ()) -> list[dict[str, Any]]:
    """Return the rows that the line editor shows: what was typed or kept, and some empty ones."""
    if given is not None:
        rows: list[dict[str, Any]] = [row for row in rows_of(given, "line", QuoteForm.LINES) if row["text"] or row["credits"] or row["code"]]
    else:
        rows = [line.as_data() | {"credits": line.credits or ("" if line.code else 0), "participants": line.participants or ""} for line in lines]
    return rows + [dict.fromkeys(QuoteForm.LINES, "") for _ in range(BLANK_ROWS)]


class ItemForm(forms.Form):
    """A version of a standard service. Its parameters and services of the tariff are tables beside it. QUO-2."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, KINDS[kind.value]) for kind in Kind], required=False)
    name_es = forms.CharField(label=_("Name, in Spanish"), max_length=120)
    name_en = forms.CharField(label=_("Name, in English"), max_length=120, required=False)
    text_es = forms.CharField(label=_("What it is, in Spanish"), widget=_area(4), required=False, max_length=4000)
    text_en = forms.CharField(label=_("What it is, in English"), widget=_area(4), required=False, max_length=4000)
    pricing = forms.ChoiceField(label=_("Price"), choices=list(PRICINGS.items()), widget=forms.RadioSelect)
    credits = forms.IntegerField(label=_("Credits"), min_value=1, max_value=1_000_000, required=False)
    formula = forms.CharField(
        label=_("Formula of the price"), required=False, max_length=500, widget=forms.TextInput(attrs={"spellcheck": "false", "class": "mono"}),
        help_text=_("For example 4 + 2 * terminals + if(urgent, 5, 0). The result is rounded up to whole credits."),
    )  # fmt: skip
    days = forms.CharField(
        label=_("Delivery, in business days"), max_length=500, initial="3", widget=forms.TextInput(attrs={"spellcheck": "false", "class": "mono"}),
        help_text=_("A number, or a formula too: if(urgent, 1, 3)."),
    )  # fmt: skip

    PARAMETERS = ("name", "kind", "label_es", "label_en", "minimum", "maximum", "default")
    LINES = ("code", "quantity", "participants")
    TEXTS = ("name_es", "name_en", "text_es", "text_en")

    def terms(self, given: QueryDict) -> Terms:
        """Return how it is priced and how long it takes. Raises DeclarationInvalid."""
        data = self.cleaned_data
        return Terms(
            parameters=parameters_from(_declared(given)), pricing=data["pricing"], credits=data.get("credits") or 0,
            formula=data.get("formula") or "", lines=tuple(TariffLine(**row) for row in _tariff_rows(given)), days=data["days"],
        )  # fmt: skip

    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in self.TEXTS}

    @classmethod
    def initial_of(cls, version: ItemVersion) -> dict[str, Any]:
        kept = (*cls.TEXTS, "pricing", "formula", "days")
        return {name: getattr(version, name) for name in kept} | {"credits": version.credits or None, "kind": version.item.kind}


def _declared(given: QueryDict) -> list[dict[str, Any]]:
    found = []
    for row in rows_of(given, "p", ItemForm.PARAMETERS):
        if not row["name"]:
            continue
        usual = USUAL.get(row["name"])
        labels = USUAL_LABELS.get(row["name"], ("", ""))
        found.append(
            {
                "name": row["name"], "kind": row["kind"] or (usual[0] if usual else "count"),
                "minimum": row["minimum"] or (usual[1] if usual else 0), "maximum": row["maximum"] or (usual[2] if usual else 1),
                "default": row["default"] or (usual[3] if usual else 0), "label_es": row["label_es"] or labels[0],
                "label_en": row["label_en"] or labels[1],
            }
        )
    return found


def _tariff_rows(given: QueryDict) -> list[dict[str, str]]:
    rows = [row for row in rows_of(given, "l", ItemForm.LINES) if row["code"]]
    return [row | {"quantity": row["quantity"] or "1"} for row in rows]


def parameter_rows(given: QueryDict | None, version: ItemVersion | None) -> list[dict[str, Any]]:
    """Return the rows of the table of parameters, with some empty ones."""
    rows: list[dict[str, Any]] = [row for row in rows_of(given, "p", ItemForm.PARAMETERS) if row["name"]] if given else []
    if given is None and version is not None:
        rows = [dict(one) for one in version.parameters]
    return rows + [dict.fromkeys(ItemForm.PARAMETERS, "") for _ in range(BLANK_ROWS)]


def tariff_rows(given: QueryDict | None, version: ItemVersion | None) -> list[dict[str, Any]]:
    """Return the rows of the table of tariff services, with some empty ones."""
    rows: list[dict[str, Any]] = [row for row in rows_of(given, "l", ItemForm.LINES) if row["code"]] if given else []
    if given is None and version is not None:
        rows = [dict(one) for one in version.lines]
    return rows + [dict.fromkeys(ItemForm.LINES, "") for _ in range(2)]


class ReasonForm(forms.Form):
    """Why, in a few words; may stay empty."""

    reason = forms.CharField(label=_("Reason"), max_length=400, required=False)


class DeliverForm(forms.Form):
    """What is handed over. QUO-5."""

    note = forms.CharField(label=_("What is delivered, and how it is checked"), widget=_area(6))


class DelayForm(forms.Form):
    """A delay, told before the date. QUO-5."""

    new_on = forms.DateField(label=_("New date"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason, which the customer reads"), widget=_area(4))


# How to specify: what each part is for, and an example of it. QUO-4
TEACHING: dict[str, tuple[Any, Any]] = {
    "title": (
        _("Name it in one line, as you would tell a colleague."),
        _("Sales by till and by hour"),
    ),
    "product": (
        _("The product in which it is to work, and the version that you have. A development is made and tested for one version."),
        _("Point of sale, 10.1"),
    ),
    "aim": (
        _("What for? Say what will be better in your work once it exists, and for whom. Not yet how it is done."),
        _("The manager wants to know at which hours a second till is worth opening."),
    ),
    "present": (
        _("How is it done today: with which screens, sheets and people? What is missing, or goes wrong?"),
        _("Every night somebody exports each till to a sheet and adds by hand. It takes 40 minutes, and twice a month the sum is wrong."),
    ),
    "wanted": (
        _("What will you see, or be able to do? Go step by step: what is entered, what comes out, who may do it. Say also what must stay as it is."),
        _("Under Reports there is «Sales by hour». I choose a shop and a day; I see a row for each till, a column for each hour, and totals. I can print it and take it to a sheet. Cashiers do not see it."),
    ),
    "data": (
        _("Which screens, reports, tables, files or machines take part, and how much there is of each? Attach examples with invented data."),
        _("Screen «Close the till»; report «Sales of the day»; printer of 80 mm. Three shops, about 900 sales a day. Attached: the sheet that we use today."),
    ),
    "acceptance": (
        _("How will you know that it is right? Write checks that anybody can repeat, each with the result to expect. What is delivered is measured against these."),
        _("1. With the sales of 3 March, the total of the report equals that of the tills. 2. With 1,000 sales it takes less than 5 seconds. 3. A cashier cannot open it."),
    ),
    "files": (
        _("Sketches, sheets, photographs of the screen: what shows it faster than words."),
        _("A drawing of the report on paper, photographed."),
    ),
}  # fmt: skip


class RequestForm(forms.Form):
    """A general development request as it is written; what is still empty is asked for when it is sent. QUO-4."""

    use_required_attribute = False

    title = forms.CharField(label=_("Title"), max_length=160, required=False)
    product = forms.TypedChoiceField(label=_("Product"), coerce=int, empty_value=None, required=False)
    product_version = forms.CharField(label=_("Version"), max_length=40, required=False)
    aim = forms.CharField(label=_("Aim"), widget=_area(3), max_length=8_000, required=False)
    present = forms.CharField(label=_("Present situation"), widget=_area(4), max_length=8_000, required=False)
    wanted = forms.CharField(label=_("Wanted result"), widget=_area(7), max_length=8_000, required=False)
    data = forms.CharField(label=_("Data, screens and reports concerned"), widget=_area(4), max_length=8_000, required=False)  # type: ignore[assignment]
    acceptance = forms.CharField(label=_("Acceptance criteria"), widget=_area(6), max_length=8_000, required=False)

    def __init__(self, *args: Any, products: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", _("Choose")), *products]  # type: ignore[attr-defined]
        if not self.is_bound:  # shown as needed, while a draft may lack anything
            for name in ("title", "product", *NEEDED):
                self.fields[name].required = True

    @staticmethod
    def of(request: ServiceRequest) -> dict[str, Any]:
        """Return a request as the form's first values."""
        return {
            "title": request.title, "product": request.product_id or "", "product_version": request.product_version, **request.content,
        }  # fmt: skip
