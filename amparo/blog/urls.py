"""Addresses of the blog."""

from django.urls import path

from .views import desk, portal
from .views.feeds import News

portal_urls = [
    path("", portal.posts, name="list"),
    path("feed/", News(), name="feed"),
    path("mine/", portal.mine, name="mine"),
    path("products/<slug:code>/", portal.posts, name="product"),
    path("products/<slug:code>/feed/", News(), name="product_feed"),
    path("tags/<slug:tag>/", portal.posts, name="tag"),
    path("tags/<slug:tag>/feed/", News(), name="tag_feed"),
    path("<int:post_id>/", portal.post, name="post_by_number"),
    path("<int:post_id>/<slug:slug>/", portal.post, name="post"),
]
desk_urls = [
    path("", desk.posts, name="list"),
    path("<int:post_id>/", desk.post, name="post"),
    path("<int:post_id>/publish/", desk.publish, name="publish"),
    path("<int:post_id>/take-back/", desk.take_back, name="take_back"),
    path("<int:post_id>/translate/", desk.translate, name="translate"),
    path("<int:post_id>/pictures/", desk.pictures, name="pictures"),
    path("<int:post_id>/cover/", desk.cover, name="cover"),
]
