"""Addresses of the forum."""

from django.urls import path

from .views import desk, feeds, portal, writing

portal_urls = [
    path("", portal.home, name="home"),
    path("themes/<int:theme_id>/", portal.theme, name="theme"),
    path("themes/<int:theme_id>/feed/", feeds.theme, name="feed"),
    path("new/", writing.new, name="new"),
    path("similar/", portal.similar, name="similar"),
    path("people/", portal.people, name="people"),
    path("proof/", writing.proof, name="proof"),
    path("me/", writing.me, name="me"),
    path("watch/", writing.watch, name="watch"),
    path("draft/<str:place>/", writing.draft, name="draft"),
    path("leave/<str:word>/", writing.leave, name="leave"),
    path("topics/<int:topic_id>/", portal.topic, name="topic"),
    path("topics/<int:topic_id>/reply/", writing.reply, name="reply"),
    path("topics/<int:topic_id>/read/", writing.read, name="read"),
    path("posts/<int:post_id>/", portal.post, name="post"),
    path("posts/<int:post_id>/versions/", portal.versions, name="versions"),
    path("posts/<int:post_id>/edit/", writing.edit, name="edit"),
    path("posts/<int:post_id>/solve/", writing.solve, name="solve"),
    path("posts/<int:post_id>/thank/", writing.thank, name="thank"),
    path("posts/<int:post_id>/flag/", writing.flag, name="flag"),
]
desk_urls = [
    path("", desk.board, name="board"),
    path("reviews/<int:review_id>/", desk.review, name="review"),
    path("reviews/<int:review_id>/claim/", desk.claim, name="claim"),
    path("reviews/<int:review_id>/decide/", desk.decide, name="decide"),
    path("topics/<int:topic_id>/", desk.topic, name="topic"),
    path("topics/<int:topic_id>/article/", desk.article, name="article"),
    path("topics/<int:topic_id>/<slug:verb>/", desk.moderate, name="moderate"),
    path("posts/<int:post_id>/hide/", desk.hide_post, name="hide_post"),
    path("acts/<int:act_id>/undo/", desk.undo, name="undo"),
    path("themes/", desk.themes, name="themes"),
    path("themes/new/", desk.theme, name="theme_new"),
    path("themes/<int:theme_id>/", desk.theme, name="theme"),
]
