"""Sign-in, sign-up, second factors: the pages of allauth in our look; the first run; sessions, which are ours."""

from django.urls import include, path

from .views import entrance, portal

urlpatterns = [
    path("first-run/", entrance.first_run, name="account_first_run"),
    path("sessions/", portal.sessions),
    path("", include("allauth.urls")),
]
