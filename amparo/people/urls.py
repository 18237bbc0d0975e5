"""Addresses of people."""

from django.urls import path, re_path

from .views import desk, entrance, portal

portal_urls = [
    path("profile/", portal.profile, name="profile"),
    path("security/", portal.security, name="security"),
    path("sessions/", portal.sessions, name="sessions"),
    path("language/", entrance.choose_language, name="choose_language"),
    path("theme/", entrance.choose_theme, name="choose_theme"),
    path("act-for/", portal.act_for, name="act_for"),
    path("company/", portal.company, name="company"),
    path("company/address/", portal.company_address, name="company_address"),
    path("company/invite/", portal.invite, name="invite"),
    path("company/contacts/<int:contact_id>/", portal.contact, name="contact"),
    path("company/contacts/<int:contact_id>/remove/", portal.remove_contact, name="remove_contact"),
    path("company/invitations/<int:invitation_id>/resend/", portal.resend_invitation, name="resend_invitation"),
    path("company/invitations/<int:invitation_id>/revoke/", portal.revoke_invitation, name="revoke_invitation"),
    re_path(r"^invitation/(?P<token>[A-Za-z0-9_-]{0,200})/?$", entrance.invitation, name="invitation"),
]
desk_urls = [
    path("", desk.customers, name="list"),
    path("new/", desk.register, name="register"),
    path("<int:customer_id>/", desk.customer, name="customer"),
    path("<int:customer_id>/edit/", desk.change, name="change"),
    path("<int:customer_id>/deactivate/", desk.deactivate, name="deactivate"),
    path("<int:customer_id>/reactivate/", desk.reactivate, name="reactivate"),
    path("<int:customer_id>/contacts/new/", desk.add_contact, name="add_contact"),
    path("<int:customer_id>/contacts/<int:contact_id>/", desk.contact, name="contact"),
    path("<int:customer_id>/contacts/<int:contact_id>/remove/", desk.remove_contact, name="remove_contact"),
    re_path(r"^invitations/(?P<invitation_id>[0-9]{1,18})/(?P<what>resend|revoke)/$", desk.answer_invitation,
            name="answer_invitation"),
    path("staff/", desk.staff, name="staff"),
    path("staff/invite/", desk.invite_staff, name="invite_staff"),
    path("staff/<int:user_id>/", desk.member, name="member"),
    re_path(r"^staff/(?P<user_id>[0-9]{1,18})/(?P<what>deactivate|reactivate|sessions)/$", desk.switch_member,
            name="switch_member"),
]  # fmt: skip
