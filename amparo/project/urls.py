"""Every address of the service. Portal at /<app>/, desk at /desk/<app>/."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

from amparo.activation import urls as activation
from amparo.casefiles import urls as casefiles
from amparo.knowledge import urls as knowledge
from amparo.remote import urls as remote
from amparo.web import urls as web

from . import views

# Apps with addresses of their own; those of `web` stand at the root.
_APPS = [
    "files",
    "products",
    "activation",
    "deadlines",
    "downloads",
    "threads",
    "contracts",
    "charging",
    "quotations",
    "promotions",
    "sales",
    "defects",
    "tickets",
    "cases",
    "complaints",
    "remote",
    "people",
    "policies",
    "agreements",
    "notifications",
    "fairness",
    "forum",
    "search",
    "mailbox",
    "campus",
    "knowledge",
    "videos",
    "blog",
    "chat",
    "live",
    "classroom",
]


def _mounted() -> list[URLPattern | URLResolver]:
    found: list[URLPattern | URLResolver] = []
    for app in _APPS:
        urls = import_module(f"amparo.{app}.urls")
        if hasattr(urls, "portal_urls"):
            found.append(path(f"{app}/", include((urls.portal_urls, app))))
        if hasattr(urls, "desk_urls"):
            found.append(path(f"desk/{app}/", include((urls.desk_urls, f"desk_{app}"))))
    if apps.is_installed("wagtail.admin"):
        found.append(path("desk/editor/", include("amparo.editor.urls")))
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", views.health, name="health"),
    path("metrics", views.metrics, name="metrics"),
    path("ui/", include("amparo.ui.urls")),
    path("account/", include("amparo.people.account_urls")),
    *_mounted(),
    path("e/", include((knowledge.code_urls, "codes"))),
    path("", include((activation.scan_urls, "scan"))),
    path("", include((remote.short_urls, "short"))),
    path("r/", include((remote.browser_urls, "remote_browser"))),
    path("case-files/", include((casefiles.portal_urls, "casefiles"))),
    path("desk/casefiles/", include((casefiles.desk_urls, "desk_casefiles"))),
    path("", include((web.portal_urls, "web"))),
    path("desk/", include((web.desk_urls, "desk_web"))),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.fault
