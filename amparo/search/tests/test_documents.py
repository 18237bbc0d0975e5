"""The index: one row a subject, whatever happens at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from amparo.conftest import NOON
from amparo.products.commands import change_product
from amparo.search import commands, reactions
from amparo.search.models import Document, Part, Word


def test_the_last_word_wins(publish, titles):
    """SRC-2: one row of the index for each thing that is published."""
    publish("La impresora no imprime", subject="article:1")
    publish("El cajón no abre", subject="article:1")
    assert Document.objects.count() == 1
    assert titles("cajón") == ["El cajón no abre"]
    assert titles("impresora") == []


def test_what_is_withdrawn_is_found_no_more(publish, titles):
    """SRC-2"""
    publish(subject="article:1")
    assert commands.forget("article:1")
    assert titles("impresora") == []
    assert not commands.forget("article:1")


def test_texts_are_cut_and_cleaned(publish):
    found = publish("Una\nlínea \x00 y más", summary="s" * 9_000, body="b \x07" * 40_000)
    assert found.title == "Una línea y más"
    assert len(found.summary) == 2_000 and len(found.body) == 40_000
    assert "\x07" not in found.body


def test_parts_are_replaced_with_the_whole(publish):
    publish(subject="video:1", kind="video", parts=[("0", "Abra el cajón"), ("83", "Limpie el cabezal")])
    publish(subject="video:1", kind="video", parts=[("12", "Otra toma")])
    assert list(Part.objects.values_list("key", "text")) == [("12", "Otra toma")]


def _words(**fields: object) -> dict[str, int]:
    found: dict[str, int] = {}
    for word, step in Word.objects.filter(**fields).values_list("word", "step"):
        found[word] = found.get(word, 0) + step
    return {word: count for word, count in found.items() if count}


def test_words_of_titles_are_counted_by_audience(publish):
    """SRC-2, SEC-29: did-you-mean chooses from what the reader may see, so audiences are counted apart."""
    publish("Impresora térmica", subject="article:1")
    publish("Impresora fiscal", subject="article:2", audience="staff")
    assert _words(audience="visitor") == {"impresora": 1, "térmica": 1}
    publish("Impresora térmica", subject="article:1", audience="staff")
    assert _words(audience="visitor") == {}
    assert _words(audience="staff") == {"impresora": 2, "térmica": 1, "fiscal": 1}
    commands.forget("article:2")
    assert _words() == {"impresora": 1, "térmica": 1}


def test_steps_are_drawn_together(publish, monkeypatch):
    monkeypatch.setattr("amparo.search.commands.documents.STEPS_SPARE", 0)
    for number in range(150):
        publish(f"Impresora térmica fiscal modelo número {number}", subject=f"article:{number % 3}")
    before, steps = _words(), Word.objects.count()
    assert commands.compact_words(at=NOON) == 5
    assert _words() == before
    assert Word.objects.count() == 5 < steps


def test_a_product_is_found_under_its_new_name(publish, titles, product, administrator, deliver):
    """SRC-2"""
    publish("No imprime", product_id=product.pk)
    change_product(product, name="Mostrador Total", description="", is_active=True, actor=administrator, at=NOON)
    deliver()
    assert titles("mostrador") == ["No imprime"]
    assert titles("fácil") == []


def test_a_renaming_of_what_is_gone_is_nothing(product):
    from amparo.history.queries import FactRow

    reactions.product_changed(FactRow(1, "product:999999", 1, "product.changed", "system", None, NOON, {}))


@pytest.mark.django_db(transaction=True)
def test_many_who_publish_the_same_at_once_leave_one_row():
    """SRC-2: the index is written by an upsert."""
    barrier = threading.Barrier(6)
    failed: list[BaseException] = []

    def put(number: int) -> None:
        try:
            barrier.wait(60)
            for turn in range(5):
                commands.index(
                    "article:1", kind="article", title=f"Título {number} {turn} impresora", url="/knowledge/1/", audience="visitor",
                    parts=[("1", "uno"), ("2", "dos")], published_at=NOON,
                )  # fmt: skip
        except BaseException as error:  # told by the test
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    [one.start() for one in threads]
    [one.join(60) for one in threads]
    assert not failed
    assert Document.objects.count() == 1 and Part.objects.count() == 2
    assert _words() == {"título": 1, "impresora": 1}


@pytest.mark.django_db(transaction=True)
def test_publishers_of_different_things_wait_for_nobody():
    """SRC-2: the words of titles are steps, so an open transaction of one holds up no other."""
    done = threading.Event()

    def other() -> None:
        commands.index("article:2", kind="article", title="Impresora", url="/2/", audience="visitor", published_at=NOON)
        done.set()
        connections.close_all()

    from django.db import transaction

    with transaction.atomic():
        commands.index("article:1", kind="article", title="Impresora", url="/1/", audience="visitor", published_at=NOON)
        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(60)
    thread.join(60)


def test_indexing_costs_few_statements(publish, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        publish(parts=[("1", "uno")], kind="video", subject="video:1")


def test_a_document_must_be_of_a_known_kind_and_audience(db):
    with pytest.raises(AssertionError):
        commands.index("x:1", kind="secret", title="t", url="/", audience="visitor", published_at=NOON)
    with pytest.raises(AssertionError):
        commands.index("x:1", kind="article", title="t", url="/", audience="everybody", published_at=NOON + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM search_document")
        assert cursor.fetchone() == (0,)
