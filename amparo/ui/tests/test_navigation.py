import pytest
from django.urls import include, path

from amparo.kernel.actor import VISITOR, Actor
from amparo.ui import navigation


def _nowhere(request):
    raise AssertionError


_web = ([path("", _nowhere, name="queue"), path("reports/", _nowhere, name="reports")], "desk_web")
_people = ([path("", _nowhere, name="customers")], "desk_people")
_policies = ([path("", _nowhere, name="settings")], "desk_policies")
_portal = ([path("", _nowhere, name="home"), path("help/", _nowhere, name="help"), path("matters/", _nowhere, name="matters")], "web")
urlpatterns = [
    path("", include(_portal)), path("desk/", include(_web)), path("desk/people/", include(_people)),
    path("desk/policies/", include(_policies)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def these_addresses(settings):
    settings.ROOT_URLCONF = __name__


def staff(*roles):
    return Actor(kind="staff", user_id=1, roles=frozenset(roles))


def codes(actor, here):
    return {entry.code: entry.current for entry in navigation.places(actor, here)}


def test_a_place_that_does_not_exist_yet_is_not_shown():
    assert list(codes(staff("operator"), "/desk/")) == ["queue", "customers", "reports"]


def test_settings_are_for_administrators():
    assert "settings" in codes(staff("administrator"), "/desk/")
    assert "settings" not in codes(staff("engineer"), "/desk/")


def test_the_place_that_holds_the_page_is_marked_and_no_other():
    assert codes(staff("engineer"), "/desk/people/41/") == {
        "queue": False,
        "customers": True,
        "reports": False,
    }
    assert codes(staff("engineer"), "/desk/")["queue"] is True


def test_customers_have_the_portals_places_and_visitors_none():
    contact = Actor(kind="contact", user_id=2, customer_id=1)
    assert codes(contact, "/help/articles/") == {"home": False, "help": True, "matters": False}
    assert codes(Actor(kind="registered", user_id=3), "/") == {"home": True, "help": False}, "what belongs to a customer refuses whoever acts for none"
    assert navigation.places(VISITOR, "/") == ()
