"""Addresses of live service: deliveries of exchanges; at the desk lines, calls back, the board, exchanges."""

from django.urls import path

from .views import board, desk, exchanges, hooks, phone

portal_urls = [
    path("exchange/<int:exchange_id>/events", hooks.events, name="events"),
]
desk_urls = [
    path("", desk.calls, name="calls"),
    path("callbacks/<int:callback_id>/settle/", desk.settle, name="settle"),
    path("calls/<int:line_id>/choose/<int:customer_id>/", desk.choose, name="choose"),
    path("calls/<int:call_id>/wrap-up/", desk.wrap_up, name="wrap_up"),
    path("dial/", desk.dial, name="dial"),
    path("phone/", phone.window, name="window"),
    path("phone/line/", phone.line, name="line"),
    path("phone/told/", phone.told, name="told"),
    path("phone/pause/<int:line_id>/", phone.pause, name="pause"),
    path("wallboard/", board.wallboard, name="wallboard"),
    path("wallboard/day.csv", board.day, name="day"),
    path("exchanges/", exchanges.exchanges, name="exchanges"),
    path("exchanges/add/", exchanges.add, name="exchange_add"),
    path("exchanges/<int:exchange_id>/", exchanges.exchange, name="exchange"),
    path("exchanges/<int:exchange_id>/check/", exchanges.check, name="exchange_check"),
    path("exchanges/<int:exchange_id>/secret/", exchanges.secret, name="exchange_secret"),
    path("exchanges/<int:exchange_id>/lines/", exchanges.give, name="line_give"),
    path("exchanges/<int:exchange_id>/lines/<int:line_id>/away/", exchanges.take_away, name="line_take"),
]
