"""Addresses of products: portal at /products/, desk at /desk/products/."""

from __future__ import annotations

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("licences/", portal.licences, name="licences"),
    path("licences/<int:licence_id>/", portal.licence, name="licence"),
    path("licences/<int:licence_id>/version/", portal.declare, name="declare"),
]
desk_urls = [
    path("", desk.products, name="list"),
    path("add/", desk.add_product, name="add"),
    path("<int:product_id>/", desk.product, name="product"),
    path("<int:product_id>/change/", desk.change_product, name="change"),
    path("<int:product_id>/releases/", desk.add_release, name="add_release"),
    path("releases/<int:release_id>/current/", desk.make_current, name="make_current"),
    path("licences/", desk.licences, name="licences"),
    path("licences/add/", desk.register, name="register"),
    path("licences/<int:licence_id>/", desk.licence, name="licence"),
    path("licences/<int:licence_id>/version/", desk.confirm_version, name="confirm_version"),
    path("licences/<int:licence_id>/number/", desk.change_terminals, name="change_terminals"),
    path("licences/<int:licence_id>/withdraw/", desk.withdraw, name="withdraw"),
    path("customers/<int:customer_id>/", desk.of_customer, name="of_customer"),
]
