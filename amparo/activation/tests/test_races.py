"""Many at once: seats are never more than there are. LIC-2, SEC-44."""

from __future__ import annotations

import threading

import pytest
from django.db import close_old_connections, connection

from amparo.activation import commands, errors
from amparo.activation.models import Activation, ActivationEvent, KeyAttempt
from amparo.conftest import NOON

from .world import SERIAL, Device

THREADS = 36


def at_once(count, act):
    """Run an act in many threads behind a barrier; return what each got, or raised."""
    barrier, found = threading.Barrier(count), [None] * count

    def run(number):
        try:
            barrier.wait()
            found[number] = act(number)
        except Exception as error:
            found[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_thirty_six_at_once_on_five_seats_give_exactly_five(licence):
    """LIC-2, SEC-44: 18 devices, each asking twice."""
    devices = [Device(f"c{number}") for number in range(THREADS // 2)]

    def act(number):
        return commands.activate(SERIAL, devices[number % len(devices)].request(), terminal=f"Caja {number}", address=f"10.0.0.{number}", at=NOON)

    found = at_once(THREADS, act)
    assert Activation.objects.filter(state="active").count() == 5 == licence.bindings.filter(released_at__isnull=True).count()
    assert ActivationEvent.objects.filter(kind="activated").count() == 5
    refused = [one for one in found if isinstance(one, Exception)]
    assert all(isinstance(one, errors.SeatsExhausted) for one in refused), refused
    assert len(found) - len(refused) == 10, "each of the five was answered twice, with one seat"


@pytest.mark.django_db(transaction=True)
def test_release_and_activation_at_once_never_take_a_seat_too_many(licence):
    """LIC-2, SEC-44"""
    from amparo.kernel.actor import SYSTEM
    from amparo.policies.commands import set_value

    set_value("activation.moves_max", 100, from_at=NOON, actor=SYSTEM, at=NOON)
    made = [commands.activate(SERIAL, Device(f"a{n}").request(), terminal="C", address="x", at=NOON).activation for n in range(5)]
    waiting = [Device(f"b{number}") for number in range(10)]

    def act(number):
        if number < 5:
            return commands.release_dead(made[number].terminal, actor=SYSTEM, at=NOON)
        return commands.activate(SERIAL, waiting[number - 5].request(), terminal="C", address="x", at=NOON)

    at_once(15, act)
    assert licence.bindings.filter(released_at__isnull=True).count() == Activation.objects.filter(state="active").count() <= 5


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_are_counted_each(licence):
    """SEC-45"""

    def act(number):
        return commands.activate(f"NADA-{number:04}-XX", Device().request(), terminal="C", address="203.0.113.1", at=NOON)

    found = at_once(30, act)
    assert sum(isinstance(one, errors.KeyUnknown) for one in found) == 20 == KeyAttempt.objects.count()
    assert sum(isinstance(one, errors.RateLimited) for one in found) == 10


@pytest.mark.django_db(transaction=True)
def test_the_first_keys_are_made_once():
    """LIC-1"""
    from amparo.activation.models import SigningKey

    at_once(8, lambda number: commands.ensure_keys(at=NOON))
    assert sorted(SigningKey.objects.values_list("state", flat=True)) == ["active", "next"]
