"""Addresses of the knowledge base."""

from django.urls import path

from .views import desk, portal, writing

portal_urls = [
    path("", portal.home, name="home"),
    path("<int:article_id>/", portal.article, name="article_by_number"),
    path("<int:article_id>/useful/", portal.useful, name="useful"),
    path("<int:article_id>-<slug:slug>/", portal.article, name="article"),
]
code_urls = [path("<path:code>", portal.by_code, name="by_code")]
desk_urls = [
    path("", desk.work, name="work"),
    path("articles/", desk.articles, name="articles"),
    path("articles/<int:article_id>/", desk.article, name="article"),
    path("articles/<int:article_id>/publish/", desk.publish, name="publish"),
    path("articles/<int:article_id>/take-back/", desk.take_back, name="take_back"),
    path("articles/<int:article_id>/review/", desk.review, name="review"),
    path("articles/<int:article_id>/flag/", desk.flag, name="flag"),
    path("articles/<int:article_id>/versions/", desk.versions, name="versions"),
    path("articles/<int:article_id>/files/", desk.attach, name="attach"),
    path("articles/<int:article_id>/related/", desk.relate, name="relate"),
    path("files/<int:attachment_id>/remove/", desk.detach, name="detach"),
    path("flags/<int:flag_id>/close/", desk.close_flag, name="close_flag"),
    path("words/<int:vote_id>/close/", desk.close_word, name="close_word"),
    path("themes/", desk.themes, name="themes"),
    path("write/", writing.write, name="write"),
    path("cite/", writing.cite, name="cite"),
    path("sources/", writing.report, name="report"),
    path("sources/export/", writing.report_csv, name="report_csv"),
]
