"""Addresses of complaints."""

from django.urls import path

from .views import desk, opinions, portal

portal_urls = [
    path("", portal.complaints, name="complaints"),
    path("new/<int:case_id>/", portal.new, name="new"),
    path("<int:complaint_id>/", portal.complaint, name="complaint"),
    path("<int:complaint_id>/say/", portal.say, name="say"),
    path("<int:complaint_id>/withdraw/", portal.withdraw, name="withdraw"),
]
desk_urls = [
    path("", desk.complaints, name="complaints"),
    path("opinions/", opinions.opinions, name="opinions"),
    path("opinions/<int:opinion_id>/", opinions.opinion, name="opinion"),
    path("<int:complaint_id>/", desk.complaint, name="complaint"),
    path("<int:complaint_id>/take/", desk.take, name="take"),
    path("<int:complaint_id>/write/", desk.write, name="write"),
    path("<int:complaint_id>/ask/", desk.ask, name="ask"),
    path("<int:complaint_id>/rule/", desk.rule, name="rule"),
    path("<int:complaint_id>/draft/", desk.draft, name="draft"),
]
