"""Short messages cost no header where there is none. """

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse

from amparo.ui.messages import QuietCookies


@pytest.mark.django_db
def test_a_page_without_messages_sets_no_cookie_for_them(client):
    """Each answer carried the deletion of a cookie that nobody had."""
    assert "messages" not in client.get("/account/login/").cookies


def test_a_message_that_was_shown_is_removed_and_a_new_one_kept(rf):
    request = rf.get("/")
    storage = QuietCookies(request)
    storage.add(messages.SUCCESS, "Listo")
    response = HttpResponse()
    storage.update(response)
    kept = response.cookies["messages"].value
    assert kept
    request = rf.get("/")
    request.COOKIES["messages"] = kept
    storage, response = QuietCookies(request), HttpResponse()
    assert [str(one) for one in storage] == ["Listo"] and isinstance(next(iter(storage)), Message)
    storage.update(response)
    assert response.cookies["messages"]["max-age"] == 0
