"""Addresses of mail in."""

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("entry/<int:entry_id>/", portal.entry, name="entry"),
    path("choose/<int:mail_id>/", portal.choose, name="choose"),
]
desk_urls = [
    path("", desk.mails, name="list"),
    path("<int:mail_id>/", desk.mail, name="mail"),
    path("<int:mail_id>/hand-over/", desk.hand_over, name="hand_over"),
    path("<int:mail_id>/make-ticket/", desk.make_ticket, name="make_ticket"),
    path("<int:mail_id>/discard/", desk.discard, name="discard"),
    path("bouncing/", desk.bouncing, name="bouncing"),
    path("bouncing/<int:address_id>/clear/", desk.clear_bouncing, name="clear_bouncing"),
    path("mailboxes/", desk.mailboxes, name="mailboxes"),
    path("mailboxes/add/", desk.add_mailbox, name="add_mailbox"),
    path("mailboxes/<int:mailbox_id>/", desk.mailbox, name="mailbox"),
    path("mailboxes/<int:mailbox_id>/check/", desk.check_mailbox, name="check_mailbox"),
]
