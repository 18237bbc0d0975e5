"""From an upload to renditions, with the real ffmpeg on tiny films; and what hostile files get."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.policies.commands import set_value
from amparo.videos import commands
from amparo.videos.commands import disk, ffmpeg
from amparo.videos.errors import BadSource, NothingToRepeat, TooLarge
from amparo.videos.models import Conversion, Video

from .conftest import converted, film, upload


def probe(path):
    done = subprocess.run(
        [ffmpeg.program("ffprobe"), "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)], capture_output=True, check=True
    )
    return json.loads(done.stdout)


def on_disk(video, name):
    return disk.path_of(video.pk, video.folder, video.rendition(name).name)


def test_an_upload_becomes_a_film_and_a_poster(draft, clip, editor, facts):
    """SRC-3"""
    video = converted(draft, clip, editor)
    assert sorted(video.media) == ["720.mp4", "poster.jpg"] and 900 < video.milliseconds < 1200
    found = probe(on_disk(video, "720.mp4"))
    codecs = {one["codec_type"]: (one["codec_name"], one.get("profile")) for one in found["streams"]}
    assert codecs["video"][0] == "h264" and codecs["audio"][0] == "aac"
    octets = on_disk(video, "720.mp4").read_bytes()
    assert octets.index(b"moov") < octets.index(b"mdat"), "the index comes first: it plays before it is all there"
    assert on_disk(video, "poster.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    rendition = video.rendition("720.mp4")
    assert (rendition.width, rendition.height, rendition.size) == (320, 180, len(octets))
    assert facts(video) == ["video.added", "video.source_taken", "video.converted"]
    assert video.rendition("source") is None and video.rendition("../720.mp4") is None


def test_a_large_one_gets_two_sizes_and_a_long_one_is_cut_in_pieces(draft, editor, administrator, tmp_path):
    """SRC-3"""
    set_value("videos.stream_minutes", 0, from_at=NOON - timedelta(days=1), actor=administrator, at=NOON - timedelta(days=1))
    made = film(tmp_path / "large.mp4", size="1920x1080", seconds=1, rate=5)
    video = converted(draft, made.read_bytes(), editor)
    assert sorted(video.media) == ["1080.m3u8", "1080.m4s", "1080.mp4", "720.m3u8", "720.m4s", "720.mp4", "poster.jpg", "stream.m3u8"]
    assert [(one.width, one.height) for one in video.renditions] == [(1920, 1080), (1280, 720)]
    master, list_720 = on_disk(video, "stream.m3u8").read_text(), on_disk(video, "720.m3u8").read_text()
    assert "720.m3u8" in master and "RESOLUTION=1280x720" in master and "avc1.64001f,mp4a.40.2" in master
    assert '#EXT-X-MAP:URI="720.m4s"' in list_720 and "/" not in list_720 and "#EXT-X-ENDLIST" in list_720


def test_what_was_finished_is_not_done_again_after_a_kill(draft, clip, editor, monkeypatch):
    """SRC-3: resumable."""
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)
    real, calls = ffmpeg.run, []

    def killed_at_the_film(command, **kwargs):
        calls.append(command[-1])
        if command[-1].endswith(".mp4") and len(calls) == 2:
            raise KeyboardInterrupt  # as when the machine goes down: nothing of ours runs any more
        real(command, **kwargs)

    monkeypatch.setattr(ffmpeg, "run", killed_at_the_film)
    with pytest.raises(KeyboardInterrupt):
        commands.convert_next(now=lambda: NOON)
    job = Conversion.objects.get()
    assert job.state == "running"
    assert not commands.convert_next(now=lambda: NOON + timedelta(seconds=ffmpeg.SILENT_SECONDS_MAX + 1)), "who works on it may still live"
    assert commands.convert_next(now=lambda: NOON + timedelta(seconds=200))
    job.refresh_from_db()
    assert job.state == "done" and [call.rpartition("/")[2] for call in calls] == ["poster-3.jpg", "720.mp4", "720.mp4"]


def test_a_file_that_kills_its_worker_again_and_again_is_given_up(draft, clip, editor, monkeypatch):
    """SEC-28"""
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)

    def dies(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(ffmpeg, "probe", dies)
    for turn in range(4):
        with pytest.raises(KeyboardInterrupt):
            commands.convert_next(now=lambda turn=turn: NOON + timedelta(minutes=4 * turn))
    assert not commands.convert_next(now=lambda: NOON + timedelta(minutes=20))
    assert Conversion.objects.values_list("state", "reason").get() == ("failed", "gave_up")


def test_stopping_the_worker_lets_the_film_wait_for_the_next_one(draft, clip, editor, monkeypatch):
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)
    real = ffmpeg.probe
    monkeypatch.setattr(ffmpeg, "probe", lambda path: (commands.interrupt(), real(path))[1])
    assert commands.convert_next(now=lambda: NOON)
    assert Conversion.objects.values_list("state", "attempts").get() == ("waiting", 0)
    commands.resume_work()
    monkeypatch.setattr(ffmpeg, "probe", real)
    assert commands.convert_next(now=lambda: NOON)
    assert Conversion.objects.get().state == "done"


def test_one_is_converted_at_a_time(draft, clip, editor):
    """SRC-3"""
    other = commands.add_video("Otro", actor=editor, at=NOON)
    for one in (draft, other):
        commands.take_source(one, upload(clip), actor=editor, at=NOON)
    Conversion.objects.filter(video=draft).update(state="running", beat_at=NOON)
    assert not commands.convert_next(now=lambda: NOON)
    assert Conversion.objects.get(video=other).state == "waiting"


def test_progress_is_told_while_it_runs(draft, editor, tmp_path):
    """SRC-3: visible progress."""
    seen = []
    commands.take_source(draft, upload(film(tmp_path / "a.mp4", size="1280x720", seconds=6, rate=25).read_bytes()), actor=editor, at=NOON)
    moment = [NOON]

    def now():
        moment[0] += timedelta(seconds=0.6)
        if job := Conversion.objects.filter(state="running").values_list("step", "percent").first():
            seen.append(job)
        return moment[0]

    assert commands.convert_next(now=now)
    steps = [step for step, _percent in seen]
    assert {"poster", "film-720"} <= set(steps)
    percents = [percent for _step, percent in seen]
    assert percents == sorted(percents) and max(percents) < 100
    assert Conversion.objects.get().percent == 100


def test_a_new_upload_takes_the_place_of_the_old_whole(draft, clip, editor, tmp_path):
    """SRC-3: readers see the old one until the new one is ready."""
    video = converted(draft, clip, editor)
    before = disk.folder_of(video.pk, video.folder)
    commands.take_source(video, upload(film(tmp_path / "b.mp4", seconds=2).read_bytes()), actor=editor, at=NOON)
    assert before.exists() and Video.objects.get(pk=video.pk).folder == video.folder
    assert commands.convert_next(now=lambda: NOON)
    video.refresh_from_db()
    assert video.milliseconds > 1800 and not before.exists() and on_disk(video, "720.mp4").exists()


def test_another_cover_is_taken_without_a_second_conversion(draft, clip, editor):
    """SRC-3"""
    video = converted(draft, clip, editor)
    film_before = on_disk(video, "720.mp4").stat().st_mtime_ns
    commands.retitle(video, given={"poster_second": 0}, actor=editor, at=NOON)
    commands.repeat_conversion(video, actor=editor, at=NOON)
    assert commands.convert_next(now=lambda: NOON)
    video.refresh_from_db()
    assert video.rendition("poster.jpg").name == "poster-0.jpg" and on_disk(video, "720.mp4").stat().st_mtime_ns == film_before


def test_a_new_upload_while_a_cover_waits_takes_nothing_from_readers(draft, clip, editor):
    """SRC-3"""
    video = converted(draft, clip, editor)
    commands.repeat_conversion(video, actor=editor, at=NOON)
    commands.take_source(video, upload(clip), actor=editor, at=NOON)
    assert on_disk(video, "720.mp4").exists()
    assert commands.convert_next(now=lambda: NOON)
    video.refresh_from_db()
    assert on_disk(video, "720.mp4").exists() and on_disk(video, "poster.jpg").exists()


def test_the_file_that_is_given_out_holds_nothing_of_what_came(draft, clip, editor):
    """SEC-26: a file that is a film and a script at once."""
    tail = b"<html><script>alert(document.cookie)</script></html>PK\x03\x04" * 20
    video = converted(draft, clip + tail, editor)
    octets = on_disk(video, "720.mp4").read_bytes()
    assert b"<script" not in octets and b"PK\x03\x04" not in octets


def test_what_a_film_says_of_itself_is_not_carried_over(draft, editor, tmp_path):
    """SEC-22"""
    made = film(tmp_path / "m.mp4", extra=("-metadata", "title=<script>alert(1)</script>", "-metadata", "comment=secreto"))
    octets = on_disk(converted(draft, made.read_bytes(), editor), "720.mp4").read_bytes()
    assert b"<script" not in octets and b"secreto" not in octets


HEADS = [
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n", b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"%PDF-1.7\n" + b"x" * 100, b"x",
]  # fmt: skip


@pytest.mark.parametrize("content", HEADS)
def test_what_is_no_film_is_refused_before_it_is_kept(draft, editor, content):
    """SEC-26"""
    with pytest.raises(BadSource):
        commands.take_source(draft, upload(content, "video.mp4"), actor=editor, at=NOON)
    assert not Conversion.objects.exists() and not [path for path in disk.root().rglob("*") if path.is_file()]


def test_an_empty_file_is_refused_in_words(draft, editor):
    """SRC-3"""
    with pytest.raises(BadSource) as refusal:
        commands.take_source(draft, upload(b""), actor=editor, at=NOON)
    assert "empty" in str(refusal.value) or "vacío" in str(refusal.value)


def test_too_large_a_file_is_refused_while_it_comes(draft, editor, administrator, clip):
    """SEC-27"""
    set_value("videos.megabytes_max", 1, from_at=NOON - timedelta(days=1), actor=administrator, at=NOON - timedelta(days=1))
    given = []

    class Endless:
        name = "x.mp4"

        def chunks(self, size):
            while True:
                given.append(size)
                yield clip[:16] + b"\0" * 300_000

    with pytest.raises(TooLarge):
        commands.take_source(draft, Endless(), actor=editor, at=NOON)
    assert len(given) == 4 and not list((disk.root() / "incoming").iterdir())


def _failed(draft, content, editor):
    commands.take_source(draft, upload(content), actor=editor, at=NOON)
    assert commands.convert_next(now=lambda: NOON)
    job = Conversion.objects.get()
    assert job.state == "failed" and not Video.objects.get(pk=draft.pk).folder
    return job.reason


def test_a_broken_film_fails_with_its_reason_and_can_be_tried_again(draft, clip, editor, facts):
    """SRC-3, SEC-26"""
    assert _failed(draft, clip[:40] + b"\xff" * 5000, editor) == "format"
    assert facts(draft)[-1] == "video.conversion_failed"
    commands.repeat_conversion(draft, actor=editor, at=NOON)
    assert Conversion.objects.get().state == "waiting"
    with pytest.raises(NothingToRepeat):
        commands.repeat_conversion(draft, actor=editor, at=NOON)


def test_a_film_that_was_cut_off_is_no_film(draft, editor, tmp_path):
    """SRC-3"""
    whole = film(tmp_path / "w.mp4", seconds=4, extra=("-movflags", "+faststart", "-g", "5"), sound=False).read_bytes()
    assert _failed(draft, whole[: len(whole) // 2], editor) in ("broken", "cut_off", "format")


def test_a_playlist_behind_the_head_of_a_film_opens_no_other_file(draft, editor, tmp_path):
    """SEC-26: a list of other files, hidden behind octets that look like a film."""
    secret = tmp_path / "secret.txt"
    secret.write_text("canario-7731")
    content = b"\0\0\0\x18ftypisom" + f"\n#EXTM3U\n#EXTINF:1,\nfile://{secret}\nffconcat version 1.0\nfile {secret}\n".encode() * 30
    assert _failed(draft, content, editor) in ("format", "no_picture")


def test_a_reference_to_another_file_inside_quicktime_is_not_followed():
    """SEC-26: external data references and every protocol but files are off in each call."""
    from amparo.videos.rules.media import Source

    for command in (ffmpeg.film("a", "b", 720, Source(1000, 320, 180, True)), ffmpeg.poster("a", "b", 0, Source(1000, 320, 180, True))):
        before = command[: command.index("-i")]
        assert before[before.index("-protocol_whitelist") + 1] == "file"
        assert before[before.index("-format_whitelist") + 1] == "mov,matroska"
        assert "-enable_drefs" not in command and "-safe" not in command


def test_a_frame_of_fifty_thousand_pixels_is_refused_cheaply(draft, clip, editor):
    """SEC-28: the header alone is looked at; nothing is decoded."""
    big = bytearray(clip)
    at = big.index(b"avc1")  # the size of the picture stands in the sample description and in the track's header
    big[at + 28 : at + 32] = (50_000).to_bytes(2, "big") * 2
    track = big.index(b"tkhd")
    big[track + 80 : track + 88] = (50_000 << 16).to_bytes(4, "big") * 2
    commands.take_source(draft, upload(bytes(big)), actor=editor, at=NOON)
    assert commands.convert_next(now=lambda: NOON)
    job = Conversion.objects.get()
    # either the lie is believed and refused, or the true size in the stream is found and converted: never a huge frame
    assert (job.state, job.reason) in (("failed", "huge"), ("failed", "format"), ("failed", "broken"), ("done", ""))
    video = Video.objects.get(pk=draft.pk)
    assert all(one.width <= 1280 for one in video.renditions)


def test_a_really_huge_picture_is_refused(draft, editor, tmp_path):
    """SEC-28"""
    made = film(tmp_path / "huge.mkv", size="9000x16", seconds=0.2, sound=False, extra=("-c:v", "ffv1"), rate=5)
    assert _failed(draft, made.read_bytes(), editor) == "huge"


def test_a_call_that_says_nothing_is_ended(monkeypatch, tmp_path):
    """SEC-28"""
    import threading

    from amparo.videos.rules.media import Unreadable

    with pytest.raises(Unreadable) as wrong:
        ffmpeg.run(["sleep", "30"], seconds_max=0.6, octets_max=1000, told=lambda second: True, stop=threading.Event())
    assert wrong.value.code == "time"


def test_without_ffmpeg_everything_waits(draft, clip, editor, monkeypatch, tmp_path):
    """SRC-3"""
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)
    monkeypatch.setenv("AMPARO_FFMPEG", str(tmp_path))
    assert not ffmpeg.is_there() and not commands.convert_next(now=lambda: NOON)
    assert Conversion.objects.get().state == "waiting"
