"""The texts of the demonstration: read as the format says, and whole."""

from __future__ import annotations

import pytest

from amparo.project.demo import content, people

FOLDERS = {"articles": content.articles, "posts": content.posts, "releases": content.releases, "topics": content.topics,
           "courses": content.courses, "videos": content.videos}  # fmt: skip
KINDS = {"article", "document", "guide", "troubleshooting", "problem", "question", "help"}
STAFF = {name for name, *_rest in people.STAFF}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_has_a_title_and_an_audience_that_exists(folder):
    texts = FOLDERS[folder]()
    assert texts
    slugs = {one.slug for one in texts}
    for one in texts:
        assert one.title and one.audience in content.AUDIENCES and one.language in ("es", "en"), one.slug
        assert not one.translation_of or (one.translation_of in slugs and one.language == "en"), one.slug


def test_a_translation_comes_after_what_it_translates():
    for read in FOLDERS.values():
        seen: set[str] = set()
        for one in read():
            assert not one.translation_of or one.translation_of in seen
            seen.add(one.slug)


def test_articles_have_a_kind_their_parts_and_relatives_that_exist():
    """SRC-2"""
    slugs = {one.slug for one in content.articles()}
    for one in content.articles():
        assert one.get("kind") in KINDS, one.slug
        assert one.sections, one.slug
        assert set(one.several("related")) <= slugs, (one.slug, set(one.several("related")) - slugs)
        assert 60 <= len(one.body.split()) <= 330, (one.slug, len(one.body.split()))


def test_topics_begin_with_their_author_and_go_forward():
    for one in content.topics():
        hours = [message.hours for message in one.messages]
        assert hours and hours[0] == 0 and hours == sorted(hours), one.slug
        assert hours[-1] <= one.days_ago * 24, one.slug
        assert sum(message.accepted for message in one.messages) == (1 if one.yes("solved") else 0), one.slug
        assert not one.messages[0].accepted, one.slug
        for message in one.messages:
            assert message.role in ("user", "customer", "staff") and message.body, one.slug
            assert (message.name in STAFF) == (message.role == "staff"), (one.slug, message.name)


def test_courses_have_lessons_and_quizzes_that_can_be_passed():
    """SRC-4"""
    slugs = {one.slug for one in content.courses()}
    videos = {one.slug for one in content.videos()}
    for one in content.courses():
        assert one.lessons and all(lesson.section for lesson in one.lessons), one.slug
        assert (one.get("access") == "credits") == bool(int(one.get("credits", "0"))), one.slug
        assert not one.get("requires") or one.get("requires") in slugs
        for lesson in one.lessons:
            assert lesson.kind != "video" or lesson.keys["video"] in videos, (one.slug, lesson.title)
            if lesson.kind == "quiz":
                assert lesson.questions, (one.slug, lesson.title)
                assert all(any(option.right for option in asked.options) for asked in lesson.questions), one.slug
                assert all(len(asked.options) > 1 for asked in lesson.questions), one.slug


def test_videos_have_cards_with_captions():
    """SRC-3"""
    for one in content.videos():
        assert one.cards and all(card.captions for card in one.cards), one.slug
        assert float(one.get("seconds")) * len(one.cards) <= 90, one.slug
