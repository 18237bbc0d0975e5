"""What is published for some is shown to nobody else: by no list, page, search, suggestion, feed, sitemap, count or letter.

Every outlet is asked by every standing. Whoever adds an outlet adds it to `outlets.House.lists`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from difflib import unified_diff

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.test import Client

from amparo.contracts.access import reader
from amparo.forum import commands as forum
from amparo.forum.commands import Written
from amparo.history.commands import deliver_pending
from amparo.kernel import clock
from amparo.kernel.refusals import Refusal
from amparo.notifications.models import Letter, Notice
from amparo.policies.commands import set_value

from .matrix import undone
from .outlets import AUDIENCES, SEES, House, allowed, asked, word, words_in

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    made = House(tmp_path)
    made.people_come()
    set_value("search.per_minute_max", 10_000, from_at=made.at, actor=made.staff, at=made.at)
    return made


def client_of(house: House, who: str, client_for) -> Client:
    client = Client() if who == "visitor" else client_for(house.people[who])
    client.get("/account/login/")  # so that all pages have tokens of forms
    return client


def shown(client: Client, url: str) -> tuple[int, str]:
    """What an address says, after the redirects that it answers with."""
    answer = client.get(url)
    for _step in range(5):
        if not 300 < answer.status_code < 304:
            break
        answer = client.get(answer["Location"])
    assert answer.status_code in (200, 403, 404), (url, answer.status_code)  # asked too often it would say nothing at all
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body.decode(errors="replace") + str(answer.headers)


def without(text: str) -> str:
    """A page without its headers and what differs each time that it is drawn."""
    text = text.rpartition("{'Content-Type'")[0]
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", text)
    text = re.sub(r'nonce="[^"]*"|nonce-[\w-]+|value="[0-9a-f-]{36}"|[0-9a-f]{8}-[0-9a-f-]{27}', "", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+|token=[\w-]+|name=.began. value=.[^ >]*", "", text)


def test_no_outlet_shows_anybody_what_is_not_for_him(house, client_for):
    """ACC-1, ACC-2, ACC-3, ACC-4, SEC-7, SEC-29: what each may see he finds, by its page and by the search."""
    house.publish(*AUDIENCES)
    for who in SEES:
        with undone():
            _finds_his_own_alone(house, client_of(house, who, client_for), who)


def _finds_his_own_alone(house: House, client: Client, who: str) -> None:
    found, leaks, may = set(), [], allowed(who)
    for name, url in {**house.lists(), **house.searches(), **house.urls}.items():
        _status, text = shown(client, url)
        said = words_in(text)
        found |= said
        if name.startswith(("sitemap", "feed")):
            forbidden = said - allowed("visitor")
        else:
            forbidden = said - may - {name.split()[0]}  # an address repeats itself where there is nothing, too
        if forbidden:
            leaks.append(f"{name} {url} as {who}: {sorted(forbidden)}")
    assert not leaks, "\n".join(leaks)
    assert may <= found, (who, sorted(may - found))
    for own, url in house.urls.items():
        if " " not in own:
            status, text = shown(client, url)
            assert (status == 200 and own in text) is (own in may), (who, own, status)
            if own not in may:
                assert status == 404, (who, own, status)
    for own in may:
        by = "kw" + own[2:]
        assert own in words_in(shown(client, f"/search/?q={by}")[1]), f"the search does not find {own} for {who}"


def test_standings_of_this_house_are_what_they_are_called(house):
    """ACC-1, ACC-2, ACC-3, ACC-4"""
    for who, actor in house.people.items():
        seen = reader(actor, at=clock.now())
        told = {one for one in AUDIENCES if seen.may_see("licensed" if one == "other" else one, house.other.pk if one == "other" else house.product.pk)}
        assert told == SEES[who], who


@pytest.mark.parametrize("who", ["visitor", "registered", "customer"])
def test_a_page_is_the_same_to_the_letter_whether_there_is_more_for_others_or_not(house, client_for, who):
    """SEC-29: no count, no total, no «did you mean», no further page, no choice of a filter tells of it."""
    house.publish("visitor")
    client, before, words = client_of(house, who, client_for), {}, ["zqarticlecovered", asked("topic", "staff"), "comun"]
    pages = house.lists() | {f"search {one}": f"/search/?q={one}" for one in words} | {f"typed {one}": f"/search/suggest.json?q={one}" for one in words}
    for name, url in pages.items():
        before[name] = without(shown(client, url)[1])
    house.publish(*[one for one in AUDIENCES if one not in SEES[who]])
    told = []
    for name, url in pages.items():
        now = without(shown(client, url)[1])
        if now != before[name]:
            told += [name, *(line[:200] for line in unified_diff(before[name].splitlines(), now.splitlines(), lineterm="", n=0))][:12]
    assert not told, "\n".join(told)


def test_no_letter_and_no_notice_tells_anybody_of_what_is_not_for_him(house):
    """SEC-29: who follows a product or a theme hears of what he may read, and of nothing else."""
    house.publish(*AUDIENCES)
    for who, actor in house.people.items():
        for theme in house.themes if who != "visitor" else ():
            with suppress(Refusal, ObjectDoesNotExist, Http404):  # who may not read it may not follow it
                forum.watch("theme", theme, "watching", actor=actor, at=house.at)
    for own, topic in house.topics.items():
        forum.reply(topic, Written(f"Otra respuesta {own}", has_proof=True, seconds=60), actor=house.staff, at=clock.now())
    while deliver_pending(at=clock.now(), limit=500):
        pass
    by_user = {actor.user_id: who for who, actor in house.people.items()}
    told = 0
    for notice in Notice.objects.filter(user__in=by_user):
        said = words_in(notice.title + notice.url)
        told += len(said)
        assert said <= allowed(by_user[notice.user_id]), (by_user[notice.user_id], notice.title)
    for letter in Letter.objects.filter(user__in=by_user):
        said = words_in(str(letter.words))
        told += len(said)
        assert said <= allowed(by_user[letter.user_id]), (by_user[letter.user_id], letter.words)
    assert told and word("topic", "visitor")
