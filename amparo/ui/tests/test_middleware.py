import pytest
from django.http import HttpResponse
from django.middleware.csrf import CSRF_ALLOWED_CHARS, _does_token_match, _get_new_csrf_string
from django.test import RequestFactory

from amparo.ui import jinja
from amparo.ui.middleware import Headers, policy


class Session:
    accessed = True


def answer(request=None, response=None, **attributes):
    request = request or RequestFactory().get("/")
    for name, value in attributes.items():
        setattr(request, name, value)

    def view(request):
        given = response or HttpResponse("")
        if "nonce" in request.GET:
            given.content = request.csp_nonce()
        return given

    return Headers(view)(request)


def test_nothing_runs_but_what_we_serve():
    """SEC-60"""
    given = answer()["Content-Security-Policy"]
    assert "unsafe" not in given and "default-src 'none'" in given and "frame-ancestors 'none'" in given
    assert "script-src 'self';" in given and "style-src 'self';" in given


def test_each_page_has_a_nonce_of_its_own():
    """SEC-60"""
    pages = [answer(RequestFactory().get("/?nonce")) for _ in range(2)]
    nonces = [page.content.decode() for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert f"'nonce-{nonce}'" in page["Content-Security-Policy"]


def test_the_stream_may_be_listened_to_where_it_is(settings):
    settings.STREAM_ORIGIN = "http://127.0.0.1:8001"
    assert "connect-src 'self' http://127.0.0.1:8001;" in policy(None)


def test_a_page_of_a_session_is_kept_by_nobody():
    """SEC-12"""
    assert answer(session=Session())["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in answer()


def test_an_error_is_kept_by_nobody():
    """SEC-12"""
    assert answer(response=HttpResponse(status=404))["Cache-Control"] == "private, no-store"


def test_a_region_is_never_taken_for_its_page():
    given = answer(RequestFactory().get("/", headers={"HX-Request": "true"}))
    assert "HX-Request" in given["Vary"]


@pytest.mark.parametrize(
    "name", ["X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "X-Frame-Options"]
)
def test_other_headers_of_safety_are_there(name):
    assert answer()[name]


def test_a_masked_token_is_what_the_middleware_takes():
    """SEC-12"""
    secret = _get_new_csrf_string()
    tokens = {jinja.masked(secret) for _ in range(50)}
    assert len(tokens) == 50 and all(_does_token_match(token, secret) for token in tokens)
    assert not any(_does_token_match(token, _get_new_csrf_string()) for token in tokens)
    masks = "".join(token[:32] for token in tokens)
    assert len(set(masks)) == len(CSRF_ALLOWED_CHARS)
