"""Refusals of search."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class SearchTooBroad(Refusal):
    code = "search_too_broad"
    status = 422
    message = _("The search took too long. Add a word that tells apart what you look for.")


class SearchTooLong(Invalid):
    code = "search_too_long"
    message = _("This is too long to search for. Write a few words, or the code of the error alone.")


class TooManySearches(LimitReached):
    message = _("You search very often. Wait a minute and try again.")


class TaskEnded(Refusal):
    code = "writing_task_ended"
    message = _("This writing task has ended already. If the words are still not found, make a new one from the report.")


class NotEnoughWords(Invalid):
    code = "not_enough_words"
    message = _("Write at least two words that mean the same, apart by commas.")


class WordTaken(Invalid):
    code = "word_taken"
    message = _("«%(word)s» already stands in another group. Add the others there.")
