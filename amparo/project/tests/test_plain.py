"""NUL in whatever somebody sends: taken out in one place, before any view."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from amparo.conftest import make_staff
from amparo.project.middleware import Plain

ASK = RequestFactory()


def seen(request):
    """Return what a view behind the middleware finds."""
    found = {}

    def view(request):
        found.update(get={name: request.GET.getlist(name) for name in request.GET}, post={name: request.POST.getlist(name) for name in request.POST})
        found["files"] = {name: file.read() for name, file in request.FILES.items()}
        return HttpResponse()

    Plain(view)(request)
    return found


def test_no_nul_reaches_a_view_by_any_way():
    """Questions, forms, forms with files; names too. The bytes of a file are its own."""
    assert seen(ASK.get("/x/?q=a%00b&q=%00&%00z=1"))["get"] == {"q": ["ab", ""], "z": ["1"]}
    assert seen(ASK.post("/x/", {"text": "a\0b", "other": "c"}))["post"] == {"text": ["ab"], "other": ["c"]}
    sent = seen(ASK.post("/x/?q=%00", {"te\0xt": "\0", "file": SimpleUploadedFile("a.bin", b"\0\1")}))
    assert sent["post"] == {"text": [""]} and sent["get"] == {"q": [""]} and sent["files"] == {"file": b"\0\1"}
    coded = ASK.post("/x/", "text=a%00b", content_type="application/x-www-form-urlencoded")
    assert seen(coded)["post"] == {"text": ["ab"]}
    with pytest.raises(Http404):
        seen(ASK.get("/x/a%00b/"))


def test_a_body_that_no_view_asks_for_is_not_read():
    """SEC-27: whose right is not judged yet sends no upload."""

    class Body(io.BytesIO):
        def read(self, *_size):
            raise AssertionError("it was read")

    request = ASK.post("/x/", {"file": SimpleUploadedFile("a.bin", b"1")})
    request._stream = request.environ["wsgi.input"] = Body()
    assert Plain(lambda _request: HttpResponse("no", status=403))(request).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/search/?q=caja%00", "/forum/?q=%00", "/downloads/products/1/?since=%00", "/videos/?theme=%00a", "/desk/people/?q=%00a",
                                     "/desk/phone/?q=%00", "/desk/tickets/?q=a%00", "/desk/cases/?q=a%00", "/desk/activation/?serial=%00&r=%00", "/e/%00", "/files/%00/a"])  # fmt: skip
def test_odd_signs_in_addresses_break_nothing(client_for, address):
    """Also where a word goes straight into a query."""
    assert client_for(make_staff("Olga", "administrator")).get(address).status_code in (200, 302, 404)
