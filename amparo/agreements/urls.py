"""Addresses of agreements: public and the customer's at /agreements/, the desk's at /desk/agreements/."""

from __future__ import annotations

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("", portal.documents, name="documents"),
    path("accept/", portal.accept_next, name="accept"),
    path("mine/", portal.mine, name="mine"),
    path("mine/<int:acceptance_id>/copy.pdf", portal.copy, name="copy"),
    path("<slug:code>/", portal.document, name="document"),
    path("<slug:code>/accept/", portal.accept_one, name="accept_one"),
    path("<slug:code>/<int:version>/", portal.version, name="version"),
    path("<slug:code>/<int:version>/pdf/", portal.version_pdf, name="version_pdf"),
    path("<slug:code>/<int:version>/changes/", portal.changes, name="changes"),
]
desk_urls = [
    path("", desk.documents, name="documents"),
    path("acceptances/", desk.acceptances, name="acceptances"),
    path("acceptances/<int:acceptance_id>/copy.pdf", desk.copy, name="copy"),
    path("by-telephone/", desk.by_telephone, name="by_telephone"),
    path("one/<slug:code>/", desk.document, name="document"),
    path("one/<slug:code>/begin/", desk.begin, name="begin"),
    path("one/<slug:code>/draft/", desk.draft, name="draft"),
    path("one/<slug:code>/publish/", desk.publish, name="publish"),
    path("one/<slug:code>/discard/", desk.discard, name="discard"),
]
