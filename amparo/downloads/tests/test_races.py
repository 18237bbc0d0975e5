"""Two at once: counted once, withdrawn in the middle, pieces of two tabs. UPD-2."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.downloads import commands
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.downloads.models import Artifact, Download, RecallTask, Upload
from amparo.files.errors import WrongOffset
from amparo.history.queries import facts
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(*acts: Callable[[], object]) -> list[object]:
    """Run acts at once behind a barrier; return what each gave or raised."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        barrier.wait(60)
        try:
            found[number] = act()
        except Exception as error:  # shown by the caller
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.fixture
def world(tmp_path):
    """A release with a file of 1000 octets, and a contact who may have it."""
    developer, admin = make_staff("Delia", "developer"), make_staff("Ada", "administrator")
    product = products.add_product("pos", "Punto de Venta", actor=admin, at=NOON)
    publication = commands.prepare(product, "10.0", Sheet(notes="- Novedad"), released_on=NOON.date(), actor=developer, at=NOON)
    (tmp_path / "pos.exe").write_bytes(b"MZ" * 500)
    commands.add_file(publication, tmp_path / "pos.exe", Described("installer"), actor=developer, at=NOON)
    publication = commands.publish(publication, actor=developer, at=NOON)
    customer = make_customer("Lupita")
    contact = make_contact(customer, "Lupe")
    licence = products.register_licence("SERIE-0001", product, customer, actor=admin, at=NOON)
    return publication, contact, developer, licence


def test_ranges_that_end_at_once_count_one_download(world):
    """UPD-2: eight parts in eight threads, each twice."""
    publication, contact, _developer, _licence = world
    grant, _token = commands.grant(publication.artifacts.get(), actor=contact, at=NOON)
    ranges = [(n * 125, n * 125 + 125) for n in range(8)] * 2
    found = _at_once(*(lambda a=a, b=b: commands.note_sent(grant.pk, a, b, actor=SYSTEM, at=NOON) for a, b in ranges))
    assert not [one for one in found if isinstance(one, Exception)], found
    assert Download.objects.count() == 1 == sum(isinstance(one, Download) for one in found)


def test_a_withdrawal_in_the_middle_misses_nobody(world):
    """UPD-2: whoever completes at the same moment is either among those whom the withdrawal finds, or told that he was late."""
    publication, contact, developer, licence = world
    from amparo.contracts.commands import add_plan, sell_contract

    admin = make_staff("Adela", "administrator")
    plan = add_plan("Plus", events=1, incidents=1, credits=1, months=12, price="100.00", actor=admin, at=NOON)
    sell_contract(licence.customer, plan, NOON.date(), key="uno", actor=admin, at=NOON)
    grant, _token = commands.grant(publication.artifacts.get(), actor=contact, at=NOON)
    found = _at_once(
        lambda: commands.note_sent(grant.pk, 0, 1000, actor=SYSTEM, at=NOON),
        lambda: commands.yank(publication, "Daña el corte.", actor=developer, at=NOON),
    )
    assert not [one for one in found if isinstance(one, Exception)], found
    told = [fact for fact in facts(publication.subject) if fact.name in ("release.yanked", "release.taken_late")]
    assert Download.objects.count() == 1 and RecallTask.objects.filter(customer=licence.customer).count() == 1
    assert len(told) == 2 or told[0].data["tasks"] == 1


def test_pieces_of_two_tabs_never_mix(world, settings, tmp_path):
    """UPD-2, SEC-27: of two pieces for the same place one is taken whole, the other refused."""
    publication, _contact, developer, _licence = world
    upload = commands.begin_upload(publication, "otro.exe", 400_000, Described("tool"), actor=developer, at=NOON)
    found = _at_once(*(lambda sign=sign: commands.append(upload_of(upload), 0, io.BytesIO(sign * 200_000), actor=developer, at=NOON) for sign in (b"a", b"b")))
    assert sorted(type(one).__name__ for one in found) == ["Upload", "WrongOffset"], found
    assert isinstance(next(one for one in found if isinstance(one, Exception)), WrongOffset)
    from amparo.downloads.commands import disk

    assert set(disk.growing().path(upload.public_id).read_bytes()) in ({ord("a")}, {ord("b")})
    commands.append(upload_of(upload), 200_000, io.BytesIO(b"c" * 200_000), actor=developer, at=NOON)
    _at_once(lambda: commands.take_in_waiting(at=NOON), lambda: commands.take_in_waiting(at=NOON))
    assert Artifact.objects.filter(name="otro.exe").count() == 1 and not Upload.objects.exists()


def upload_of(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)
