"""Addresses of cases."""

from django.urls import path

from .views import acts, desk, portal, quotes, requests

portal_urls = [
    path("", portal.cases, name="cases"),
    path("new/", portal.new, name="new"),
    path("quotes/<int:version_id>/", quotes.quote_service, name="quote_service"),
    path("<int:case_id>/", portal.case, name="case"),
    path("<int:case_id>/write/", portal.write, name="write"),
    path("<int:case_id>/consent/", portal.consent, name="consent"),
    path("<int:case_id>/decline/", portal.decline, name="decline"),
    path("<int:case_id>/requote/", portal.requote, name="requote"),
    path("<int:case_id>/order/accept/", portal.accept_order, name="accept_order"),
    path("<int:case_id>/order/decline/", portal.decline_order, name="decline_order"),
    path("<int:case_id>/needs/<int:need_id>/<str:choice>/", portal.choose, name="choose"),
    path("<int:case_id>/closing/accept/", portal.accept_closing, name="accept_closing"),
    path("<int:case_id>/withdraw/", portal.withdraw, name="withdraw"),
    path("<int:case_id>/request/", requests.begin, name="begin_request"),
    path("requests/<int:request_id>/send/", requests.send, name="send_request"),
    path("<int:case_id>/record/", portal.record, name="record"),
]
desk_urls = [
    path("", desk.cases, name="cases"),
    path("<int:case_id>/", desk.case, name="case"),
    path("<int:case_id>/write/", desk.write, name="write"),
    path("<int:case_id>/record/", desk.record, name="record"),
    path("<int:case_id>/beside/", desk.beside, name="beside"),
    path("<int:case_id>/price/", desk.price, name="price"),
    path("<int:case_id>/classify/", acts.classify, name="classify"),
    path("<int:case_id>/consent/", acts.consent, name="consent"),
    path("<int:case_id>/clock/<str:what>/", acts.clock, name="clock"),
    path("<int:case_id>/decide/<str:choice>/", acts.decide, name="decide"),
    path("<int:case_id>/order/", acts.order, name="order"),
    path("<int:case_id>/needs/new/", acts.need, name="need"),
    path("<int:case_id>/needs/<int:need_id>/", acts.choice, name="choice"),
    path("<int:case_id>/further/", acts.further, name="further"),
    path("<int:case_id>/procedure/", acts.procedure, name="procedure"),
    path("<int:case_id>/closing/", acts.closing, name="closing"),
    path("<int:case_id>/uncharged/", acts.uncharged, name="uncharged"),
    path("<int:case_id>/follow-up/", acts.follow_up, name="follow_up"),
    path("<int:case_id>/link/", acts.link, name="link"),
    path("<int:case_id>/less/<int:charge_id>/", acts.less, name="less"),
    path("<int:case_id>/defect/", acts.defect, name="defect"),
    path("<int:case_id>/withdraw/", acts.withdraw, name="withdraw"),
]
