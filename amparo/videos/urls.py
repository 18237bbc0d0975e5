"""Addresses of videos."""

from django.urls import path

from .views import desk, portal, tus

portal_urls = [
    path("", portal.gallery, name="gallery"),
    path("<int:video_id>/", portal.video, name="video"),
    path("<int:video_id>/media/<str:name>", portal.media, name="media"),
    path("<int:video_id>/<str:kind>/<str:language>.vtt", portal.track, name="track"),
    path("<int:video_id>/place/", portal.keep_place, name="place"),
]
desk_urls = [
    path("", desk.videos, name="list"),
    path("new/", desk.new, name="new"),
    path("<int:video_id>/", desk.video, name="video"),
    path("<int:video_id>/file/", desk.upload, name="upload"),
    path("<int:video_id>/uploads/", tus.create, name="uploads"),
    path("uploads/<str:public_id>/", tus.piece, name="piece"),
    path("uploads/<str:public_id>/cancel/", tus.cancel, name="cancel_upload"),
    path("<int:video_id>/work/", desk.work, name="work"),
    path("<int:video_id>/again/", desk.again, name="again"),
    path("<int:video_id>/tracks/", desk.save_track, name="save_track"),
    path("<int:video_id>/tracks/drop/", desk.drop_track, name="drop_track"),
    path("<int:video_id>/publish/", desk.publish, name="publish"),
    path("<int:video_id>/withdraw/", desk.withdraw, name="withdraw"),
]
