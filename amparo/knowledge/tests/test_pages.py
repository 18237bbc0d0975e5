"""The pages: what each reader gets, in how many statements; codes, votes, citing, the report. SRC-1, SRC-2, SRC-5, ACC-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from amparo.conftest import NOON
from amparo.editor import commands as editor
from amparo.files import commands as files
from amparo.kernel import clock
from amparo.kernel.actor import VISITOR
from amparo.knowledge import commands, queries
from amparo.knowledge.models import Answer, Article, Attachment, Citation, Vote
from amparo.products.models import Licence

AUDIENCES = ("visitor", "registered", "customer", "licensed", "covered", "staff")


def _address(article: Article) -> str:
    return f"/knowledge/{article.pk}-{article.slug}/"


def _licence(customer, product, release):
    return Licence.objects.create(
        serial="MPOS-41003-2211", serial_key="MPOS410032211", product=product, customer=customer, installed=release, registered_at=NOON
    )


def test_a_visitor_reads_an_article_in_one_statement(write, client, product, releases, theme, django_assert_max_num_queries):
    """SRC-2, ACC-1: at most two, and no session row."""
    article = write(product=product, from_release=releases["10.1"], to_release=releases["12.1"], theme=theme, codes="PV-0417", sources="SAT | https://sat.gob.mx/e")
    other = write("Otro")
    commands.relate(article, other.pk, actor=_editor(), at=NOON)
    client.get(_address(article))
    with django_assert_max_num_queries(2):
        page = client.get(_address(article))
    text = page.content.decode()
    assert page.status_code == 200 and "sessionid" not in page.cookies and "amparo" not in page.cookies
    for word in ("PV-0417", "10.1–12.1", "Mostrador POS", "Facturación", 'href="https://sat.gob.mx/e"', "nofollow", _address(other), "<strong>código postal</strong>"):
        assert word in text, word


def _editor():
    from amparo.conftest import make_staff

    return make_staff("Eva", "editor")


def test_the_page_says_whether_it_is_about_your_version(write, customer, contact, product, releases, client_for, django_assert_max_num_queries):
    """SRC-2"""
    _licence(customer, product, releases["11.2"])
    fits = write("Uno", product=product, from_release=releases["10.1"], to_release=releases["12.1"])
    not_mine = write("Dos", product=product, to_release=releases["10.1"])
    client = client_for(contact)
    client.get(_address(fits))
    with django_assert_max_num_queries(7):
        text = client.get(_address(fits)).content.decode()
    assert "usted tiene 11.2" in text and "no trata de la suya" not in text
    assert "usted tiene 11.2: no trata de la suya" in client.get(_address(not_mine)).content.decode()


def test_every_outlet_keeps_to_the_audience(write, client, client_for, registered, contact, customer, product, releases, engineer):
    """ACC-1, SEC-7, SEC-29: page, list, count, code, related, sitemap, search, citing."""
    from amparo.contracts.access import reader
    from amparo.search.queries import search

    _licence(customer, product, releases["12.1"])
    releases["12.1"].is_current, releases["12.1"].current_from = True, NOON
    releases["12.1"].save()
    made = {
        audience: write(f"Canario {audience} zarzaparrilla", audience=audience, product=product, codes=f"ZZ-{number}00", at=clock.now() - timedelta(minutes=1))
        for number, audience in enumerate(AUDIENCES)
    }
    who = {"visitor": (VISITOR, client), "registered": (registered, client_for(registered)), "contact": (contact, client_for(contact)),
           "engineer": (engineer, client_for(engineer))}  # fmt: skip
    for name, (actor, browser) in who.items():
        at = clock.now()
        seen = {audience for audience in AUDIENCES if reader(actor, at=at).may_see(audience, product.pk)}
        assert "visitor" in seen and (("staff" in seen) == (name == "engineer"))
        listed = browser.get("/knowledge/").content.decode()
        hits = {hit.subject for hit in search(reader(actor, at=at), "zarzaparrilla").hits}
        cites = {one.id for one in queries.cite(reader(actor, at=at), "zarzaparrilla")}
        for number, audience in enumerate(AUDIENCES):
            article, may = made[audience], audience in seen
            assert (browser.get(_address(article)).status_code == 200) is may, (name, audience)
            assert (browser.get(f"/knowledge/{article.pk}/").status_code == 301) is may
            assert (_address(article) in listed) is may
            assert (f"article:{article.pk}" in hits) is may
            assert (article.pk in cites) is may
            assert (browser.get(f"/e/ZZ-{number}00")["Location"] == _address(article)) is may
            assert browser.post(f"/knowledge/{article.pk}/useful/", {"useful": "yes"}).status_code == (200 if may else 404)
    assert [url for url, _at in queries.sitemap(clock.now())] == [_address(made["visitor"])]


def test_related_articles_and_translations_keep_to_the_audience_too(write, client, editor_in_person):
    """SEC-7, SEC-10"""
    article, hidden = write(), write("Secreto interno", audience="staff")
    commands.relate(article, hidden.pk, actor=editor_in_person, at=NOON)
    write("Internal secret", audience="staff", language="en", translation_group=article.translation_group)
    text = client.get(_address(article)).content.decode()
    assert "Secreto" not in text and "Read in English" not in text


def test_a_draft_is_nowhere(write, client, editor_in_person):
    """SEC-7, SEC-11"""
    draft = write("Zarzaparrilla", publish=False, codes="ZZ-1")
    assert client.get(f"/knowledge/{draft.pk}/").status_code == 404
    assert "Zarzaparrilla" not in client.get("/knowledge/").content.decode()
    assert client.get("/e/ZZ-1")["Location"] != f"/knowledge/{draft.pk}-{draft.address_slug}/"


def test_the_number_finds_an_article_whatever_it_is_called(write, client, editor_in_person):
    """SRC-2"""
    article = write()
    assert client.get(f"/knowledge/{article.pk}-como-se-llamaba/?q=x")["Location"] == _address(article) + "?q=x"
    assert client.get(f"/knowledge/{article.pk}/")["Location"] == _address(article)


@pytest.mark.parametrize("typed", ["PV-0417", "pv0417", "PV%200417", "pv-0417/"])
def test_an_error_code_leads_to_its_article(typed, write, client):
    """SRC-2"""
    article = write(codes="PV-0417")
    english = write("Invoice", codes="PV-0417", language="en")
    assert client.get(f"/e/{typed}")["Location"] == _address(article)
    client.cookies["amparo-language"] = "en"
    assert client.get(f"/e/{typed}")["Location"] == _address(english)


@pytest.mark.parametrize("typed", ["XX-1", "%3Cscript%3Ealert(1)%3C/script%3E", "a" * 3000, "../../etc/passwd", "//evil.mx"])
def test_an_unknown_code_leads_to_the_search_for_it(typed, write, client):
    """SRC-2, SEC-21"""
    answer = client.get(f"/e/{typed}")
    assert answer.status_code == 302 and answer["Location"].startswith(("/search/?q=", "/knowledge/?q="))


@pytest.mark.django_db
def test_an_address_with_a_nul_is_none_of_ours(client):
    """SEC-27"""
    assert client.get("/e/%00").status_code == 404


def test_the_list_narrows_and_prefers_the_readers_language(write, client, product, theme, django_assert_max_num_queries):
    """SRC-2"""
    spanish = write("Timbrado", product=product, theme=theme)
    write("Stamping", language="en", translation_group=spanish.translation_group)
    write("Solo en inglés", language="en", kind="guide")
    client.get("/knowledge/")
    with django_assert_max_num_queries(3):
        text = client.get("/knowledge/").content.decode()
    assert "Timbrado" in text and "Stamping" not in text and "Solo en inglés" in text
    assert "Solo en" not in client.get(f"/knowledge/?product={product.pk}").content.decode()
    assert "Timbrado" not in client.get("/knowledge/?kind=guide").content.decode()
    for bad in ("?product=x", "?theme=999999999999999999999", "?kind=<script>", "?product=²", "?after=WzFd"):
        assert client.get(f"/knowledge/{bad}").status_code in (200, 422), bad


def test_pages_of_the_list_follow_each_other(write, product):
    """SRC-2"""
    from amparo.contracts.rules.audience import ANYBODY

    made = [write(f"Artículo {n}", language="en" if n % 3 == 0 else "es", at=NOON + timedelta(minutes=n)).pk for n in range(9)]
    seen, after = [], ""
    while True:
        page = queries.home(ANYBODY, language="es", after=after, size=4).page
        seen += [row.id for row in page.rows]
        if not (after := page.next):
            break
    assert sorted(seen) == sorted(made) and len(seen) == 9


def test_a_file_goes_with_the_article_and_is_gone_when_it_is_taken_off(write, client, client_for, editor_in_person, settings, tmp_path):
    """SEC-11, SEC-25"""
    settings.MEDIA_ROOT = tmp_path
    article = write()
    stored = files.store(SimpleUploadedFile("pasos.txt", b"Uno, dos"), draft_key="k", actor=editor_in_person, at=NOON)
    commands.attach(article, [stored.public_id], draft_key="k", actor=editor_in_person, at=NOON)
    address = f"/files/{stored.public_id}/pasos.txt"
    assert address in client.get(_address(article)).content.decode() and client.get(address).status_code == 200
    commands.detach(Attachment.objects.get(), actor=editor_in_person, at=NOON)
    assert address not in client.get(_address(article)).content.decode() and client.get(address).status_code == 404
    assert client_for(editor_in_person).get(address).status_code == 200


# --- was it useful ---------------------------------------------------------------------------------------------------


def test_a_no_leads_to_a_ticket_that_carries_article_and_search(write, client):
    """SRC-2, TKT-3"""
    article = write()
    answer = client.post(f"/knowledge/{article.pk}/useful/", {"useful": "no", "q": "no timbra"})
    assert f"/tickets/new/?article={article.pk}&amp;q=no+timbra" in answer.content.decode()
    vote = Vote.objects.get()
    assert (vote.useful, vote.sought, vote.user_id) == (False, "no timbra", None) and len(vote.address) == 64 and "127.0.0.1" not in vote.address


def test_a_reader_without_a_name_has_one_vote(write, client):
    """SRC-2"""
    article = write()
    for useful in ("yes", "no", "no"):
        client.post(f"/knowledge/{article.pk}/useful/", {"useful": useful, "word": "Falta algo"})
    assert Vote.objects.count() == 1 and not Vote.objects.get().useful
    Client().post(f"/knowledge/{article.pk}/useful/", {"useful": "yes"})
    assert Vote.objects.count() == 2
    assert client.post(f"/knowledge/{article.pk}/useful/", {"useful": "maybe"}).status_code == 404


def test_a_vote_needs_the_token_of_its_page(write):
    """SEC-19"""
    article = write()
    assert Client(enforce_csrf_checks=True).post(f"/knowledge/{article.pk}/useful/", {"useful": "yes"}).status_code == 403


def test_the_ticket_form_carries_what_was_read(write, contact, client_for):
    """SRC-2, SEC-7: only of what the reader may read."""
    article, hidden = write("Título [raro]"), write("Secreto", audience="staff")
    text = client_for(contact).get(f"/tickets/new/?article={article.pk}&q=no+timbra").content.decode()
    if "composer-body" in text:
        assert f"(/knowledge/{article.pk}-" in text and "Busqué: no timbra" in text
        assert "Secreto" not in client_for(contact).get(f"/tickets/new/?article={hidden.pk}").content.decode()


def test_a_sign_that_no_text_holds_is_left_out(write, client, client_for, editor_in_person):
    """SEC-49: what PostgreSQL cannot keep is no fault of ours."""
    article, desk = write(), client_for(editor_in_person)
    assert client.post(f"/knowledge/{article.pk}/useful/", {"useful": "no", "q": "no\x00 timbra"}).status_code == 200
    assert Vote.objects.get().sought == "no timbra"
    for url, given in ((f"articles/{article.pk}/", {"other": "a\x00"}), ("articles/", {"q": "a\x00"}), ("write/", {"from": "topic:9\x00"})):
        assert desk.get(f"/desk/knowledge/{url}", given).status_code == 200, url
    said = {"title": "Uno", "solution": "Dos", "kind": "problem", "language": "es", "audience": "visitor", "from": "topic:\x009", "key": "a\x00b"}
    assert desk.post("/desk/knowledge/write/", said).status_code == 302 and Article.objects.get(key="ab").source == "topic:9"


# --- staff -----------------------------------------------------------------------------------------------------------


def test_staff_see_what_waits_and_customers_nothing_of_it(write, client_for, engineer, contact, client, editor_in_person):
    """ACC-11, SEC-7, SEC-10: the private words of readers stay private."""
    article = write()
    commands.vote(article, useful=False, reader="x", word="CANARIO-PALABRA", actor=contact, at=NOON)
    commands.flag(article, "CANARIO-SEÑAL", actor=engineer, at=NOON)
    mine = client_for(editor_in_person)
    for url in ("/desk/knowledge/", f"/desk/knowledge/articles/{article.pk}/"):
        assert "CANARIO-PALABRA" in mine.get(url).content.decode()
        assert client_for(contact).get(url).status_code == 404 and client.get(url).status_code == 302
    for browser in (client, client_for(contact)):
        assert "CANARIO" not in browser.get(_address(article)).content.decode()


def test_the_pages_of_the_desk_answer(write, client_for, editor_in_person, django_assert_max_num_queries):
    """SRC-2"""
    article = write(codes="PV-1")
    draft = article.get_latest_revision_as_object()
    draft.solution = "Nueva"
    editor.save_draft(draft, actor=editor_in_person, at=NOON)
    browser = client_for(editor_in_person)
    assert browser.post(f"/desk/knowledge/articles/{article.pk}/publish/").status_code == 302
    for url in ("", "?whose=all", "articles/", "articles/?q=PV-1", "articles/?state=draft", "themes/", "sources/", "write/", f"articles/{article.pk}/?other=No",
                f"articles/{article.pk}/versions/?a=1&b=2"):  # fmt: skip
        assert browser.get(f"/desk/knowledge/{url}").status_code == 200, url
    text = browser.get(f"/desk/knowledge/articles/{article.pk}/versions/?a=2&b=1").content.decode()
    assert "+ Nueva" in text and "código postal" in text
    assert browser.get(f"/desk/knowledge/articles/{article.pk}/versions/?a=1&b=9").status_code == 404
    browser.get(f"/desk/knowledge/articles/{article.pk}/")
    with django_assert_max_num_queries(16):
        browser.get(f"/desk/knowledge/articles/{article.pk}/")


def test_the_list_to_cite_offers_what_is_published(write, client_for, engineer):
    """SRC-1"""
    article = write(codes="PV-0417")
    write("Borrador que no imprime", publish=False)
    browser = client_for(engineer)
    for words in ("pv0417", "timbra", ""):
        text = browser.get("/desk/knowledge/cite/", {"q": words}).content.decode()
        assert f"/knowledge/{article.pk}-" in text and "Borrador" not in text
    assert browser.get("/desk/knowledge/cite/", {"q": "x" * 5000}).status_code == 200


def test_bad_numbers_are_refused_in_words(write, client_for, editor_in_person):
    """SEC-49"""
    article = write()
    browser = client_for(editor_in_person)
    for data in ({"other": "x"}, {"other": "²"}, {"other": "9" * 30}, {}):
        assert browser.post(f"/desk/knowledge/articles/{article.pk}/related/", data).status_code == 422
    assert browser.post("/desk/knowledge/themes/", {"theme": "²", "name_es": "x"}).status_code == 404
    assert browser.get("/desk/knowledge/write/?from=ticket:999999").status_code == 404
    assert Citation.objects.count() == Answer.objects.count() == 0


def test_another_companys_ticket_is_no_source_for_a_contact(other_contact, client_for):
    """SEC-8"""
    assert client_for(other_contact).get("/desk/knowledge/write/?from=ticket:1").status_code == 404


