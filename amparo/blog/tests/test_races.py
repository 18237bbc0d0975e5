"""The other language of a post, asked for by several at once, is begun once. SRC-3."""

from __future__ import annotations

import pytest

from amparo.blog import commands
from amparo.blog.models import Post
from amparo.conftest import NOON
from amparo.ledger.tests.rig import race

from .conftest import out


@pytest.mark.django_db(transaction=True)
def test_a_translation_pressed_by_four_at_once_is_one_draft(editor):
    """SRC-3"""
    post = out(editor)
    made = race([lambda: commands.translate(post, actor=editor, at=NOON).pk for _turn in range(4)])
    assert len(set(made)) == 1 and Post.objects.filter(translation_group=post.translation_group).count() == 2
