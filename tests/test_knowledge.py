"""From an answer to an article and back: what staff write in tickets and cases, and what the knowledge base makes of it. SRC-1, SRC-2."""

from __future__ import annotations

import pytest

from amparo.editor import commands as editor
from amparo.kernel import clock
from amparo.knowledge import commands, queries
from amparo.knowledge.models import Answer, Article, Citation
from amparo.threads import commands as threads
from amparo.tickets import commands as tickets


@pytest.fixture
def article(whole_world):
    at, admin = clock.now(), whole_world.staff["administrator"]
    made = Article(title="No abre la caja", solution="Reinicie", codes="PV-0001", kind="problem")
    editor.save_draft(made, actor=admin, at=at)
    return commands.publish(made, actor=admin, at=at)


def _answer(world, text, key):
    tickets.write(world.mine.ticket, text, key=key, actor=world.staff["engineer"], at=clock.now())


def test_an_answer_that_links_to_an_article_has_a_public_source(whole_world, article, deliver, client_for):
    """SRC-1: by number, by error code, absolute or not; notes and the customer's words are no answers; each counts once."""
    w = whole_world
    bodies = [f"Vea [esto](https://ayuda.mx/knowledge/{article.pk}-x/)", "Vea /e/pv-0001", "Pruebe otra vez"]
    for number, body in enumerate(bodies):
        _answer(w, body, f"a{number}")
    tickets.write(w.mine.ticket, f"Leí /knowledge/{article.pk}/", key="c1", actor=w.mine.admin, at=clock.now())
    threads.note(w.mine.ticket.thread, f"nota /knowledge/{article.pk}/", key="n1", actor=w.staff["engineer"], at=clock.now())
    deliver(clock.now())
    deliver(clock.now())
    mine = Answer.objects.filter(thread_id=w.mine.ticket.thread_id, entry__body__in=bodies)
    assert sorted(mine.values_list("cites", flat=True)) == [0, 1, 1]
    assert set(mine.values_list("product_id", flat=True)) == {w.product.pk}
    assert Citation.objects.filter(article=article).count() == 2
    rows = queries.shares(w.staff["quality"], month=queries.months(clock.now())[0])
    one = next(row for row in rows if row.author_id == w.staff["engineer"].user_id and row.product_id == w.product.pk)
    assert one.share.answers - one.share.without >= 2 and one.share.without >= 1
    page = client_for(w.staff["quality"]).get("/desk/knowledge/sources/").content.decode()
    assert "Persona engineer" in page and f"?from=ticket:{w.mine.ticket.thread.number}" in page
    table = client_for(w.staff["quality"]).get("/desk/knowledge/sources/export/").content.decode()
    assert "Persona engineer" in table and "Mostrador POS" in table
    assert queries.shares(w.mine.admin, month=queries.months(clock.now())[0]) == []


def test_an_article_comes_out_of_a_ticket_in_one_step(whole_world, deliver, client_for):
    """SRC-1: what is private is hidden, notes are left out, and the answers have their source from then on."""
    w, engineer = whole_world, whole_world.staff["engineer"]
    tickets.write(w.mine.ticket, "Mi correo es lupita@ejemplo.mx", key="c9", actor=w.mine.admin, at=clock.now())
    threads.note(w.mine.ticket.thread, "CANARIO-NOTA", key="n9", actor=engineer, at=clock.now())
    _answer(w, "Ya quedó. Su serie MPOS-41003-2211 estaba bloqueada; escriba a ana@ejemplo.mx.", "a9")
    deliver(clock.now())
    number = w.mine.ticket.thread.number
    browser = client_for(engineer)
    page = browser.get(f"/desk/knowledge/write/?from=ticket:{number}").content.decode()
    assert "estaba bloqueada" in page and "MPOS-41003-2211" not in page and "ana@ejemplo" not in page and "CANARIO-NOTA" not in page
    given = {"title": "Serie bloqueada", "kind": "problem", "product": w.product.pk, "language": "es", "audience": "visitor", "codes": "",
             "symptom": "x", "cause": "", "solution": "Ana: ana@ejemplo.mx", "from": f"ticket:{number}", "key": "k1"}  # fmt: skip
    first, again = (browser.post("/desk/knowledge/write/", given) for _turn in range(2))
    assert first.status_code == 302 and first["Location"] == again["Location"]
    draft = Article.objects.get(title="Serie bloqueada")
    assert draft.source == f"ticket:{number}" and "ana@" not in draft.solution and not draft.live and draft.product_id == w.product.pk
    answer = Answer.objects.get(entry__body__startswith="Ya quedó")
    assert answer.turned_into_id == draft.pk
    assert answer not in list(queries.answers_without(engineer, month=queries.months(clock.now())[0]).rows)
    for outsider in (w.mine.admin, w.other.admin):
        assert client_for(outsider).post("/desk/knowledge/write/", given | {"key": "k2"}).status_code == 404


def test_the_doors_stand_on_the_pages_of_tickets_and_cases(whole_world, client_for):
    """SRC-1: one key while writing, one click to an article."""
    w = whole_world
    browser = client_for(w.staff["engineer"])
    for url, subject in ((f"/desk/tickets/{w.mine.ticket.pk}/", w.mine.ticket.thread.subject), (f"/desk/cases/{w.mine.case.pk}/", f"case:{w.mine.case.pk}")):
        page = browser.get(url).content.decode()
        assert "data-cite=" in page and f"/desk/knowledge/write/?from={subject}" in page, url


def test_files_of_an_article_are_for_its_readers(whole_world, article, client_for, client):
    """SEC-7, SEC-11, SEC-25: the right is computed at each use."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from amparo.files import commands as files
    from amparo.threads.rules import draft_key

    admin = whole_world.staff["administrator"]
    key = draft_key(admin.user_id, f"article:{article.pk}")
    stored = files.store(SimpleUploadedFile("guia.txt", b"CANARIO-GUIA"), draft_key=key, actor=admin, at=clock.now())
    commands.attach(article, [stored.public_id], draft_key=key, actor=admin, at=clock.now())
    url = f"/files/{stored.public_id}/{stored.name}"
    assert url in client.get(f"/knowledge/{article.pk}-{article.slug}/").content.decode()
    assert client.get(url).status_code == 200
    Article.objects.filter(pk=article.pk).update(audience="staff")
    assert client.get(url).status_code in (302, 404)
    assert client_for(whole_world.mine.admin).get(url).status_code == 404
    assert client_for(whole_world.staff["engineer"]).get(url).status_code == 200
