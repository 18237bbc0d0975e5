"""Addresses of downloads: portal at /downloads/, desk at /desk/downloads/."""

from __future__ import annotations

from django.urls import path

from .views import desk, files, portal, tus, updates

portal_urls = [
    path("", portal.home, name="home"),
    path("mine/", portal.mine, name="mine"),
    path("products/<int:product_id>/", portal.product, name="product"),
    path("products/<int:product_id>/due/", portal.due, name="due"),
    path("products/<int:product_id>/feed.atom", updates.ReleaseFeed(), name="feed"),
    path("releases/<int:release_id>/", portal.release, name="release"),
    path("artifacts/<int:artifact_id>/take/", files.take, name="take"),
    path("artifacts/<int:artifact_id>/link/", files.link, name="link"),
    path("artifacts/<int:artifact_id>/checksum", files.checksum, name="checksum"),
    path("artifacts/<int:artifact_id>/signature", files.signature, name="signature"),
    path("file/<str:token>/<str:name>", files.give, name="file"),
    path("updates/<slug:product>.json", updates.check, name="updates"),
    path("updates/<slug:product>.json.sig", updates.check_signature, name="updates_signature"),
    path("key/", updates.key, name="key"),
    path("key.pem", updates.key_file, name="key_file"),
]
desk_urls = [
    path("", desk.releases, name="list"),
    path("add/", desk.add, name="add"),
    path("<int:release_id>/", desk.release, name="release"),
    path("<int:release_id>/change/", desk.change, name="change"),
    path("<int:release_id>/publish/", desk.publish, name="publish"),
    path("<int:release_id>/yank/", desk.yank, name="yank"),
    path("<int:release_id>/files/", desk.files, name="files"),
    path("<int:release_id>/uploads/", tus.create, name="uploads"),
    path("uploads/<str:public_id>/", tus.piece, name="upload"),
    path("uploads/<str:public_id>/cancel/", desk.cancel_upload, name="cancel_upload"),
    path("artifacts/<int:artifact_id>/remove/", desk.remove_file, name="remove_file"),
    path("recalls/", desk.recalls, name="recalls"),
    path("recalls/<int:recall_id>/done/", desk.finish_recall, name="finish_recall"),
    path("shared/", desk.shared, name="shared"),
    path("customers/<int:customer_id>/", desk.of_customer, name="of_customer"),
]
