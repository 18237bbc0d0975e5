"""The demonstration's news and videos: told in the load, filmed by the worker after it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from amparo.blog.models import Post
from amparo.conftest import NOON, make_staff
from amparo.kernel.actor import SYSTEM
from amparo.products.commands import add_product
from amparo.project.demo import content, posts, videos
from amparo.videos import commands
from amparo.videos.models import Video
from amparo.videos.rules import webvtt


@pytest.fixture
def world(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    commands.resume_work()
    add_product("POS", "Mostrador POS", "", actor=SYSTEM, at=NOON - timedelta(days=700))
    return SimpleNamespace(staff={"monica": make_staff("Mónica", "editor")}, on=lambda days, hour=10: NOON - timedelta(days=days))


def test_every_post_is_published_on_its_day_and_translations_belong_together(world):
    """SRC-3"""
    posts.publish(world)
    assert Post.objects.filter(live=True).count() == len(content.posts()) >= 8
    groups = list(Post.objects.filter(language="en").values_list("translation_group", flat=True))
    assert groups and Post.objects.filter(translation_group__in=groups, language="es").count() == len(groups)
    assert all(post.published_at < NOON for post in Post.objects.all())


def test_the_scripts_of_the_videos_are_short_and_their_captions_sound(world):
    """SRC-3"""
    assert len(content.videos()) >= 4
    for text in content.videos():
        length = videos.seconds_of(text) * len(text.cards)
        said, heads = videos.captions(text), videos.chapters(text)
        assert 15 <= length <= 40 and said and len(heads) == len(text.cards)
        assert webvtt.parse(webvtt.written(said)) == said and said[-1].end <= length * 1000


def test_the_worker_films_converts_and_publishes_them(world, monkeypatch):
    """SRC-3"""
    monkeypatch.setattr(content, "videos", lambda: [one for one in _all() if one.slug == "activar-con-codigo-qr"])
    videos.prepare(world)
    assert Video.objects.get().state == "draft" and videos.tick(at=NOON)
    assert not videos.tick(at=NOON), "while it is converted there is nothing to do"
    assert commands.convert_next(now=lambda: NOON) and videos.tick(at=NOON)
    video = Video.objects.get()
    assert video.is_published and 20 <= video.seconds <= 26 and video.published_at == NOON - timedelta(days=80)
    assert not videos.tick(at=NOON)


_all = content.videos


def test_without_ffmpeg_they_stay_drafts(world, monkeypatch, tmp_path):
    """SRC-3"""
    monkeypatch.setenv("AMPARO_FFMPEG", str(tmp_path))
    videos.prepare(world)
    assert not videos.tick(at=NOON) and not Video.objects.filter(state="published").exists()
