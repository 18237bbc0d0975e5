"""Sign-in, sign-up, second factors, sessions: the pages of allauth in our look."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.urls"))]
