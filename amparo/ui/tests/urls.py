"""Only what ui itself serves, and the names its pages look for: these tests need nothing of the other apps."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def somewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.actor.name)


def fragment(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>fresh</p>")


urlpatterns = [
    path("ui/", include("amparo.ui.urls")),
    path("account/login/", somewhere, name="account_login"),
    path("fragment/", fragment, name="fragment"),
]
