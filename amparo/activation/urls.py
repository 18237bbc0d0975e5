"""Addresses of activation: programs at /activation/v1/, portal at /activation/, desk at /desk/activation/."""

from __future__ import annotations

from django.urls import path

from .views import api, desk, portal

portal_urls = [
    path("v1/activations", api.activations, name="v1_activations"),
    path("v1/activations/<slug:public_id>/refresh", api.refresh, name="v1_refresh"),
    path("v1/activations/<slug:public_id>/release", api.release, name="v1_release"),
    path("v1/activations/<slug:public_id>/version", api.version, name="v1_version"),
    path("v1/activations/<slug:public_id>/update", api.update, name="v1_update"),
    path("v1/validate", api.validate, name="v1_validate"),
    path("v1/keys", api.keys, name="v1_keys"),
    path("v1/time", api.server_time, name="v1_time"),
    path("v1/<path:rest>", api.elsewhere, name="v1_elsewhere"),
    path("codes/", portal.codes, name="codes"),
    path("", portal.licences, name="licences"),
    path("register/", portal.register, name="register"),
    path("offline/", portal.offline, name="offline"),
    path("offline/place/", portal.place, name="place"),
    path("answers/<int:answer_id>/", portal.answer, name="answer"),
    path("answers/<int:answer_id>/file/", portal.answer_file, name="answer_file"),
    path("licences/<int:licence_id>/", portal.licence, name="licence"),
    path("terminals/<int:terminal_id>/release/", portal.release, name="release"),
    path("terminals/<int:terminal_id>/file/", portal.licence_file, name="licence_file"),
]
# What the picture on a till holds: in capitals, so that the picture is small.
scan_urls = [path("A/<str:text>", portal.scanned, name="scanned")]
desk_urls = [
    path("", desk.overview, name="list"),
    path("registrations/<int:registration_id>/register/", desk.register_asked, name="register_asked"),
    path("registrations/<int:registration_id>/refuse/", desk.refuse_asked, name="refuse_asked"),
    path("keys/rotate/", desk.rotate, name="rotate"),
    path("licences/<int:licence_id>/", desk.licence, name="licence"),
    path("licences/<int:licence_id>/offline/", desk.answer_request, name="offline"),
    path("licences/<int:licence_id>/emergency/", desk.emergency_for_request, name="emergency_request"),
    path("licences/<int:licence_id>/moves/", desk.add_moves, name="moves"),
    path("licences/<int:licence_id>/terms/", desk.change_terms, name="terms"),
    path("licences/<int:licence_id>/suspend/", desk.suspend, name="suspend"),
    path("licences/<int:licence_id>/resume/", desk.resume, name="resume"),
    path("licences/<int:licence_id>/hand/", desk.keep_seat, name="hand"),
    path("terminals/<int:terminal_id>/release/", desk.release, name="release"),
    path("terminals/<int:terminal_id>/emergency/", desk.emergency, name="emergency"),
    path("terminals/<int:terminal_id>/file/", desk.licence_file, name="licence_file"),
    path("answers/<int:answer_id>/", desk.answer, name="answer"),
]
