"""Two who act at once. FOR-1, FOR-2, SEC-48."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from amparo.conftest import NOON
from amparo.deadlines.queries import promises_of
from amparo.forum import commands
from amparo.forum.models import Review, SpentProof, Thanks, Topic
from amparo.kernel.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run acts at the same moment, each in a connection of its own; return what each gave: a name."""
    gate, found = threading.Barrier(len(acts)), Counter()

    def run(act):
        try:
            gate.wait(60)
            found[str(act() and "done")] += 1
        except Refusal as refusal:
            found[refusal.code] += 1
        except Exception as error:
            found[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return found


def test_one_of_two_moderators_gets_the_review(ask, say, answerer, asker, moderator, second_moderator):
    """FOR-1"""
    review = commands.flag(say(ask(), "Compre.", by=answerer), "spam", actor=asker, at=NOON)
    found = together(*(lambda who=who: commands.claim(review, actor=who, at=NOON) for who in (moderator, second_moderator)))
    assert found == {"done": 1, "claimed_by_other": 1}


def test_one_of_two_solutions_stands_and_the_other_is_told(ask, say, answerer, asker, moderator):
    """FOR-1"""
    topic = ask()
    one, two = say(topic, "Cable.", by=answerer), say(topic, "Puerto.", by=moderator)
    found = together(
        lambda: commands.solve(one, seen=0, actor=asker, at=NOON), lambda: commands.solve(two, seen=0, actor=moderator, at=NOON)
    )
    assert found == {"done": 1, "stale": 1}


def test_two_answers_at_once_keep_one_promise(ask, say, answerer, moderator):
    """FOR-2"""
    topic = ask()
    assert together(lambda: say(topic, "Cable.", by=answerer), lambda: say(topic, "Puerto.", by=moderator)) == {"done": 2}
    assert [one.state for one in promises_of(topic)] == ["kept"] and Topic.objects.get(pk=topic.pk).reply_count == 2


def test_a_proof_is_spent_once_and_thanks_count_once(ask, say, answerer, asker, newcomer):
    """SEC-48"""
    from .test_commands import _proof

    proof, post = _proof(newcomer), say(ask(), "Cable.", by=answerer)
    assert together(*[lambda: commands.spend_proof(proof, actor=newcomer, at=NOON)] * 4) == {"done": 1, "False": 3}
    assert SpentProof.objects.count() == 1
    together(*[lambda: commands.thank(post, actor=asker, at=NOON)] * 3)
    post.refresh_from_db()
    assert post.thanks_count == Thanks.objects.filter(post=post).count()


def test_two_reports_at_once_are_one_review(ask, say, answerer, asker, newcomer):
    """FOR-1"""
    post = say(ask(), "Compre.", by=answerer)
    assert together(*(lambda who=who: commands.flag(post, "spam", actor=who, at=NOON) for who in (asker, newcomer))) == {"done": 2}
    assert Review.objects.count() == 1
