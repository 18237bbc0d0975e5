"""Refusals of the forum."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class TitleMissing(Invalid):
    code = "title_missing"
    message = _("Say in a few words what it is about: 8 to 160 characters.")


class NothingWritten(Invalid):
    code = "nothing_written"
    message = _("Write something first.")


class TooLong(Invalid):
    """FOR-1: a post has at most 30,000 characters."""

    code = "too_long"
    message = _("A post has at most 30,000 characters. Shorten it, or divide it into two.")


class TooDeep(Invalid):
    """FOR-1: quotes in quotes have an end."""

    code = "too_deep"
    message = _("Quotes can lie at most 5 deep in each other, and lists at most 8. Remove the inner ones.")


class NotAPicture(Invalid):
    """SEC-26: only pictures that could be drawn anew go into the forum."""

    code = "not_a_picture"
    message = _("Only pictures can be added here: PNG, JPEG, GIF or WebP of at most 40 megapixels. One of the files is something else, broken or too large.")


class TooManyPictures(Invalid):
    code = "too_many_pictures"
    message = _("The post has more pictures than it may have. Remove some; new members may add one.")


class AliasTaken(Invalid):
    code = "alias_taken"
    message = _("Somebody has this name already. Choose another one.")


class AliasInvalid(Invalid):
    code = "alias_invalid"
    message = _("A name has 3 to 30 letters, digits, points, hyphens or underscores, and is no e-mail address and no NIC.")


class TopicClosed(Refusal):
    code = "topic_closed"
    message = _("This topic is closed: nobody can answer in it any more. You can begin a new one.")


class ThemeClosed(Invalid):
    code = "theme_closed"
    message = _("Nothing new can be begun in this theme. Choose another one.")


class KeyReused(Refusal):
    code = "key_reused"
    message = _("This was sent before with other content. Load the page again.")


class FirstDay(LimitReached):
    """FOR-1: limits for the new."""

    code = "first_day"
    message = _("New members can write only so much on their first day. Come back tomorrow; what you wrote is kept as a draft.")


class TooManyPosts(LimitReached):
    code = "too_many_posts"
    message = _("You have written a great deal in the last hour. Wait a little; what you wrote is kept as a draft.")


class TooLateToEdit(Refusal):
    code = "too_late_to_edit"
    message = _("This post is too old to be edited. Write a new one that corrects it.")


class OwnPost(Refusal):
    code = "own_post"
    message = _("This is for posts of others.")


class NotAnAnswer(Refusal):
    code = "not_an_answer"
    message = _("Only a visible reply in a question can be its solution.")


class ClaimedByOther(Refusal):
    """FOR-1: two moderators never work on the same review."""

    code = "claimed_by_other"
    message = _("Another moderator works on this now. Take the next one.")


class NotClaimed(Refusal):
    code = "not_claimed"
    message = _("Take the review first, so that nobody else judges it at the same time.")


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("This was judged already.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = _("Say why, in a sentence: the author reads it.")


class CannotUndo(Refusal):
    code = "cannot_undo"
    message = _("This cannot be undone any more: it was undone already, or later acts build on it.")


class OtherTopic(Invalid):
    code = "other_topic"
    message = _("Give the number of another topic that is visible.")


class OtherReaders(Invalid):
    """Who may read the one may not read the other: nobody's words become known by a number. SEC-9."""

    code = "other_readers"
    message = _("More people read that topic than this one. If all of them may read it, move this one to the other's theme first.")


class PostsMissing(Invalid):
    code = "posts_missing"
    message = _("Choose at least one reply of this topic; its first post stays.")


class NothingToPublish(Refusal):
    """SRC-1: an article is made of a question and its solution."""

    code = "nothing_to_publish"
    message = _("Mark the post that solves the question first: the article is made of it.")
