"""Addresses of sales: portal at /sales/, desk at /desk/sales/."""

from __future__ import annotations

from django.urls import path

from .views import desk, hooks, portal

portal_urls = [
    path("", portal.shelf, name="shelf"),
    path("buy/<slug:kind>/<int:offer_number>/", portal.buy, name="buy"),
    path("mine/", portal.mine, name="mine"),
    path("stripe/", hooks.stripe, name="stripe"),
    path("<int:sale_id>/", portal.sale, name="sale"),
    path("<int:sale_id>/pay/", portal.pay, name="pay"),
    path("<int:sale_id>/check/", portal.check, name="check"),
    path("<int:sale_id>/cancel/", portal.cancel, name="cancel"),
    path("<int:sale_id>/credit/", portal.credit, name="credit"),
    path("<int:sale_id>/codes/", portal.codes, name="codes"),
    path("<int:sale_id>/again/", portal.again, name="again"),
    path("<int:sale_id>/invoice/", portal.invoice, name="invoice"),
]
desk_urls = [
    path("", desk.sales, name="list"),
    path("new/", desk.new, name="new"),
    path("simulate/", desk.simulate, name="simulate"),
    path("export.csv", desk.export, name="export"),
    path("<int:sale_id>/", desk.sale, name="sale"),
    path("<int:sale_id>/confirm/", desk.confirm, name="confirm"),
    path("<int:sale_id>/activate/", desk.activate, name="activate"),
    path("<int:sale_id>/cancel/", desk.cancel, name="cancel"),
    path("<int:sale_id>/refund/", desk.refund, name="refund"),
    path("<int:sale_id>/invoice/", desk.invoice, name="invoice"),
    path("<int:sale_id>/fiscal/", desk.fiscal, name="fiscal"),
    path("<int:sale_id>/credit/", desk.credit, name="credit"),
    path("offers/", desk.offers, name="offers"),
    path("offers/add/", desk.add_offer, name="add_offer"),
    path("offers/<int:offer_id>/", desk.change_offer, name="offer"),
    path("payment/", desk.payment, name="payment"),
    path("payment/<slug:secret>/", desk.set_secret, name="set_secret"),
]
