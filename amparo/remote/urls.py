"""Addresses of remote sessions. The short one, `/r/`, is said by telephone."""

from django.urls import path

from .views import browser, desk, mesh, portal, replay, short

portal_urls = [
    path("case/<int:case_id>/", portal.of_case, name="of_case"),
    path("<int:session_id>/end/", portal.end, name="end"),
    path("<int:session_id>/replay/", replay.portal, name="replay"),
    path("<int:session_id>/verify/", replay.verify, name="verify"),
    path("<int:session_id>/chunk/<int:number>/", replay.chunk, name="chunk"),
]
desk_urls = [
    path("case/<int:case_id>/", desk.of_case, name="of_case"),
    path("case/<int:case_id>/offer/", desk.offer, name="offer"),
    path("case/<int:case_id>/meshcentral/", mesh.devices, name="mesh"),
    path("case/<int:case_id>/meshcentral/link/", mesh.link, name="mesh_link"),
    path("<int:session_id>/", desk.session, name="session"),
    path("<int:session_id>/again/", desk.again, name="again"),
    path("<int:session_id>/chosen/", browser.chosen, name="chosen"),
    path("<int:session_id>/watch/", browser.watch, name="watch"),
    path("<int:session_id>/watching/", browser.watching, name="watching"),
    path("<int:session_id>/token/", desk.token, name="token"),
    path("<int:session_id>/end/", desk.end, name="end"),
    path("<int:session_id>/replay/", replay.desk, name="replay"),
    path("<int:session_id>/verify/", replay.verify_at_desk, name="verify"),
    path("<int:session_id>/reveal/", replay.reveal, name="reveal"),
    path("<int:session_id>/chunk/<int:number>/", replay.chunk_of_staff, name="chunk"),
]
short_urls = [
    path("r/", short.enter, name="enter"),
    path("r/helper.json", short.where, name="where"),
]
browser_urls = [
    path("share/", browser.share, name="share"),
    path("share/answer/", browser.answer, name="answer"),
    path("share/beat/", browser.beat, name="beat"),
    path("share/stop/", browser.stop, name="stop"),
]
