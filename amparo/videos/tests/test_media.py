"""What a source may be, and what is made of it."""

from __future__ import annotations

import pytest

from amparo.videos.rules import media
from amparo.videos.rules.media import Source, Unreadable, judge
from amparo.videos.rules.publishing import readiness


def probed(**changes):
    picture = {"codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "sample_aspect_ratio": "1:1"}
    sound = {"codec_type": "audio", "codec_name": "aac"}
    return {"format": {"format_name": changes.pop("container", "mov,mp4,m4a,3gp,3g2,mj2"), "duration": changes.pop("duration", "12.5")},
            "streams": [picture | changes, sound]}  # fmt: skip


def test_a_sound_source_is_taken():
    """SRC-3"""
    assert judge(probed(), minutes_max=10) == Source(12_500, 1920, 1080, True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"container": "hls"}, "format"), ({"container": "concat"}, "format"), ({"container": "avi"}, "format"), ({"container": "image2"}, "format"),
        ({"width": 50_000, "height": 50_000}, "huge"), ({"width": 50_000, "height": 2}, "huge"), ({"width": -3}, "huge"), ({"width": "1e9"}, "huge"),
        ({"sample_aspect_ratio": "900:1"}, "huge"), ({"codec_name": "ansi"}, "codec"), ({"codec_type": "subtitle"}, "no_picture"),
        ({"disposition": {"attached_pic": 1}}, "no_picture"), ({"duration": "N/A"}, "broken"), ({"duration": "-1"}, "broken"),
        ({"duration": "nan"}, "broken"), ({"duration": "601"}, "long"), ({"duration": "1e300"}, "broken"),
    ],
)  # fmt: skip
def test_what_is_not_to_be_opened_is_refused_with_its_reason(changes, code):
    """SEC-26, SEC-28"""
    with pytest.raises(Unreadable) as wrong:
        judge(probed(**changes), minutes_max=10)
    assert wrong.value.code == code


def test_a_telephone_held_upright_is_shown_upright():
    """SRC-3"""
    found = judge(probed(side_data_list=[{"rotation": -90}]), minutes_max=10)
    assert (found.width, found.height) == (1080, 1920) and media.fitted(found.width, found.height, 720) == (720, 1280)


def test_nothing_is_made_larger_than_it_was():
    """SRC-3"""
    assert media.sides_for(Source(1, 640, 360, True)) == [720] and media.fitted(640, 360, 720) == (640, 360)
    assert media.sides_for(Source(1, 1920, 1080, True)) == [720, 1080] == media.sides_for(Source(1, 3840, 2160, True))


@pytest.mark.parametrize("head", [b"#EXTM3U\n#EXT-X", b"ffconcat version 1.0", b"<html><script>", b"PK\x03\x04aaaaaaaa", b"\x89PNG\r\n\x1a\n0000", b"MZ\x90\0\0\0\0\0"])
def test_other_kinds_of_files_are_refused_by_their_first_octets(head):
    """SEC-26"""
    assert not media.looks_like_film(head)


def test_a_video_without_captions_and_chapters_in_its_language_is_not_ready():
    """SRC-3"""
    found = readiness(has_media=True, description="x", language="es", tracks={("captions", "en"), ("chapters", "es")})
    assert found.missing == ("captions",) and not found.is_ready
    assert readiness(has_media=True, description="x", language="en", tracks={("captions", "en"), ("chapters", "en")}).is_ready
