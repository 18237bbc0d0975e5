"""Refusals of the knowledge base."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class CodeTaken(Refusal):
    code = "error_code_taken"
    message = _("One of its error codes belongs to another article. Take it out there first, or write about both in one article.")


class NothingToSay(Invalid):
    code = "article_without_text"
    message = _("An article needs a title and a text. Write at least the symptom and the solution.")


class TooManyVotes(LimitReached):
    code = "too_many_votes"
    message = _("Too many answers came from your network. Wait an hour; you can read on meanwhile.")


class OtherFiles(Refusal):
    code = "attachment_elsewhere"
    message = _("This file is not of this article.")


class ThemeTaken(Invalid):
    code = "theme_taken"
    message = _("There is a theme with this name already.")
