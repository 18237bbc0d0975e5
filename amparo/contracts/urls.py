"""Addresses of contracts: portal at /contracts/, desk at /desk/contracts/."""

from __future__ import annotations

from django.urls import path

from .views import cards, desk, imports, portal

portal_urls = [
    path("", portal.mine, name="mine"),
    path("<int:contract_id>/", portal.contract, name="contract"),
    path("<int:contract_id>/name/", portal.name_contact, name="name_contact"),
    path("<int:contract_id>/unname/", portal.unname_contact, name="unname_contact"),
    path("redeem/", portal.redeem, name="redeem"),
    path("standing/", portal.standing, name="standing"),
    path("plans/", portal.plans, name="plans"),
    path("plans/<int:plan_id>/ask/", portal.ask, name="ask"),
]
desk_urls = [
    path("", desk.contracts, name="list"),
    path("sell/", desk.sell, name="sell"),
    path("<int:contract_id>/", desk.contract, name="contract"),
    path("<int:contract_id>/renew/", desk.renew, name="renew"),
    path("<int:contract_id>/cancel/", desk.cancel, name="cancel"),
    path("<int:contract_id>/name/", desk.name_contact, name="name_contact"),
    path("<int:contract_id>/unname/", desk.unname_contact, name="unname_contact"),
    path("customers/<int:customer_id>/standing/", desk.standing, name="standing"),
    path("plans/", desk.plans, name="plans"),
    path("plans/add/", desk.add_plan, name="add_plan"),
    path("plans/<int:plan_id>/", desk.change_plan, name="plan"),
    path("plans/<int:plan_id>/sale/", desk.sale, name="sale"),
    path("cards/", cards.batches, name="batches"),
    path("cards/issue/", cards.issue, name="issue"),
    path("cards/<int:batch_id>/", cards.batch, name="batch"),
    path("cards/<int:batch_id>/void/", cards.void_batch, name="void_batch"),
    path("cards/one/<int:card_id>/void/", cards.void_card, name="void_card"),
    path("redeem/", cards.redeem, name="redeem"),
    path("import/", imports.imports, name="imports"),
    path("import/template/<slug:kind>.csv", imports.template, name="import_template"),
    path("import/<int:run_id>/", imports.import_run, name="import"),
    path("import/<int:run_id>/apply/", imports.apply, name="import_apply"),
    path("import/<int:run_id>/drop/", imports.drop, name="import_drop"),
]
