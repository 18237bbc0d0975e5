"""Fields of the campus' desk. Forms never save."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import words
from .models import Course, Lesson
from .models.courses import ACCESS
from .rules.progress import LESSON_KINDS, QUIZ, VIDEO
from .rules.quiz import OPTIONS_MAX, QUESTION_KINDS

TEXT = forms.Textarea(attrs={"rows": 14, "class": "form-control mono"})
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class CourseForm(forms.Form):
    """What a course is. `fields_given()` gives it as the commands take it."""

    title = forms.CharField(label=_("Title"), max_length=120)
    summary = forms.CharField(label=_("In one sentence"), max_length=240, help_text=_("Stands in the catalogue and in searches."))
    body = forms.CharField(
        label=_("What is learned, and for whom it is"), required=False, widget=forms.Textarea(attrs={"rows": 8}), help_text=_("Markdown. Everybody who sees the course reads it.")
    )
    product = forms.TypedChoiceField(label=_("Product"), required=False, coerce=int, empty_value=None)
    language = forms.ChoiceField(label=_("Language"), choices=list(words.LANGUAGES.items()))
    access = forms.ChoiceField(label=_("Who may take it"), choices=[(code, words.ACCESS[code]) for code in ACCESS])
    price = forms.IntegerField(label=_("Price in credits"), min_value=0, max_value=100_000, required=False, help_text=_("Only where it is paid in credits."))
    audience = forms.ChoiceField(label=_("Who may know of it"), choices=list(words.AUDIENCES.items()), help_text=_("Nobody else finds it in lists, searches or feeds."))
    instructor = forms.TypedChoiceField(label=_("Instructor"), required=False, coerce=int, empty_value=None)
    prerequisites = forms.TypedMultipleChoiceField(label=_("Courses to pass first"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple)
    in_order = forms.BooleanField(label=_("Each lesson opens when the ones before it are done"), required=False)
    gives_certificate = forms.BooleanField(label=_("Whoever completes it gets a certificate"), required=False)
    valid_months = forms.IntegerField(
        label=_("Months that the certificate holds"), min_value=0, max_value=120, required=False, help_text=_("0 or empty: it does not expire.")
    )

    def __init__(self, products: Iterable[tuple[int, str]], people: Iterable[tuple[int, str]], courses: Iterable[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", _("none in particular")), *products]  # type: ignore[attr-defined]
        self.fields["instructor"].choices = [("", _("nobody yet")), *people]  # type: ignore[attr-defined]
        self.fields["prerequisites"].choices = list(courses)  # type: ignore[attr-defined]

    def fields_given(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["product_id"], given["instructor_id"] = given.pop("product") or None, given.pop("instructor") or None
        given["valid_months"], given["price"] = given["valid_months"] or 0, given["price"] or 0
        return given

    @staticmethod
    def of(course: Course) -> dict[str, Any]:
        names = ("title", "summary", "body", "language", "access", "price", "audience", "in_order", "gives_certificate", "valid_months")
        return {
            **{name: getattr(course, name) for name in names}, "product": course.product_id, "instructor": course.instructor_id,
            "prerequisites": list(course.prerequisites.values_list("pk", flat=True)),
        }  # fmt: skip


class LessonForm(forms.Form):
    """A lesson; the fields of its kind only."""

    title = forms.CharField(label=_("Title"), max_length=160)
    body = forms.CharField(label=_("Text"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 16}), help_text=_("Markdown."))
    minutes = forms.IntegerField(label=_("Minutes it takes"), min_value=1, max_value=1000, initial=5)
    is_required = forms.BooleanField(label=_("Counts for completing the course"), required=False, initial=True)
    video = forms.ChoiceField(label=pgettext_lazy("lesson", "Video"), required=False)
    pool = forms.CharField(label=_("Questions of the theme"), required=False, max_length=40, help_text=_("Empty: every question of the course."))
    draw = forms.IntegerField(label=_("How many questions are drawn"), min_value=0, max_value=200, required=False, help_text=_("0 or empty: all of them."))
    shuffle = forms.BooleanField(label=_("Questions and options in another order each time"), required=False, initial=True)
    attempts_max = forms.IntegerField(label=_("Attempts"), min_value=0, max_value=100, required=False, initial=3, help_text=_("0 or empty: as many as one likes."))
    time_limit = forms.IntegerField(label=_("Time limit in minutes"), min_value=0, max_value=600, required=False, help_text=_("0 or empty: no limit."))
    pass_percent = forms.IntegerField(label=_("Per cent needed to pass"), min_value=1, max_value=100, initial=80)
    negative_percent = forms.IntegerField(
        label=_("A wrong answer takes off"), min_value=0, max_value=100, required=False, help_text=_("Per cent of the question's points. 0 or empty: nothing.")
    )
    shows_right = forms.BooleanField(label=_("Show the right answers once it is marked"), required=False, initial=True)
    QUIZ_FIELDS = ("pool", "draw", "shuffle", "attempts_max", "time_limit", "pass_percent", "negative_percent", "shows_right")

    def __init__(self, kind: str, videos: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert kind in LESSON_KINDS
        self.kind = kind
        if kind != QUIZ:
            for name in self.QUIZ_FIELDS:
                del self.fields[name]
        if kind != VIDEO:
            del self.fields["video"]
        else:
            self.fields["video"].choices = [("", _("choose one")), *videos]  # type: ignore[attr-defined]

    def fields_given(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: given[name] for name in ("title", "body", "minutes", "is_required", "video") if name in given}

    def quiz_given(self) -> dict[str, Any] | None:
        if self.kind != QUIZ:
            return None
        given = {name: self.cleaned_data[name] for name in self.QUIZ_FIELDS}
        given["minutes"] = given.pop("time_limit")
        return {name: (0 if found is None else found) for name, found in given.items()}

    @staticmethod
    def of(lesson: Lesson) -> dict[str, Any]:
        first = {name: getattr(lesson, name) for name in ("title", "body", "minutes", "is_required", "video")}
        quiz = dict(lesson.quiz)
        return {**first, **{name: found for name, found in quiz.items() if name != "minutes"}, "time_limit": quiz.get("minutes", 0)}


class QuestionForm(forms.Form):
    """A question of the bank; its options are rows of their own."""

    text = forms.CharField(label=_("Question"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Markdown."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[(code, words.QUESTIONS[code]) for code in QUESTION_KINDS])
    pool = forms.CharField(label=pgettext_lazy("question", "Theme"), max_length=40, required=False)
    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=100, initial=1)
    feedback = forms.CharField(label=_("Explanation, once it is marked"), max_length=600, required=False)

    @staticmethod
    def options_of(given: Any, kept: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Return the rows of options: as sent, else as kept, always with room for more."""
        if given is not None:
            right = set(given.getlist("option_right"))
            rows = [
                {"text": text, "feedback": feedback, "is_right": str(place) in right}
                for place, (text, feedback) in enumerate(zip(given.getlist("option_text"), given.getlist("option_feedback"), strict=False))
            ][:OPTIONS_MAX]
        else:
            rows = [dict(one) for one in kept or []]
        return rows + [{"text": "", "feedback": "", "is_right": False}] * max(0, min(OPTIONS_MAX, max(4, len(rows) + 1)) - len(rows))


class CohortForm(forms.Form):
    """A group that takes a course together."""

    name = forms.CharField(label=_("Name"), max_length=80)
    starts_on = forms.DateField(label=_("First day"), widget=DATE)
    ends_on = forms.DateField(label=_("Last day"), widget=DATE)
    capacity = forms.IntegerField(label=pgettext_lazy("group", "Places"), min_value=1, max_value=10_000, required=False, help_text=_("Empty: as many as come."))


class DateForm(forms.Form):
    """When a live class is given."""

    starts_at = forms.DateTimeField(label=_("Day and hour"), widget=MOMENT, input_formats=["%Y-%m-%dT%H:%M"])
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=1440, initial=60)
    place = forms.CharField(label=_("Where: a link, or words"), max_length=300, required=False)
    cohort = forms.TypedChoiceField(label=_("For the group"), required=False, coerce=int, empty_value=None)

    def __init__(self, cohorts: Iterable[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cohort"].choices = [("", _("everybody")), *cohorts]  # type: ignore[attr-defined]

    def clean_starts_at(self) -> datetime:
        found: datetime = self.cleaned_data["starts_at"]
        return found if timezone.is_aware(found) else timezone.make_aware(found)
