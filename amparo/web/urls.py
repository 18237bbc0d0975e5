"""Addresses of pages that combine apps."""

from django.urls import path

from .views import desk, phone, portal, public, reconciliations, reports, rings, statements

portal_urls = [
    path("", portal.home, name="home"),
    path("help/", portal.help_door, name="help"),
    path("matters/", portal.matters, name="matters"),
    path("statements/", statements.own, name="statements"),
    path("statements/<form>/", statements.own, name="statement_as"),
    path("levels/", public.levels, name="levels"),
    path("tariff/", public.tariff, name="tariff"),
    path("products/", public.products, name="products"),
    path("products/<slug:code>/", public.product, name="product"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    path("sitemap-<slug:kind>.xml", public.sitemap_part, name="sitemap_part"),
    path("robots.txt", public.robots, name="robots"),
    path("opensearch.xml", public.opensearch, name="opensearch"),
    path("llms.txt", public.llms, name="llms"),
]
desk_urls = [
    path("", desk.queue, name="queue"),
    path("queue/column/", desk.queue_column, name="queue_column"),
    path("statements/<int:customer_id>/", statements.of_customer, name="statement"),
    path("statements/<int:customer_id>/<form>/", statements.of_customer, name="statement_as"),
    path("phone/", phone.screen, name="phone"),
    path("phone/ring/", rings.ring, name="ring"),
    path("phone/ring/<int:line_id>/", rings.unknown, name="unknown"),
    path("phone/calls/<int:call_id>/lead/", rings.lead, name="call_lead"),
    path("phone/<int:customer_id>/", phone.caller, name="caller"),
    path("phone/calls/start/", phone.start, name="call_start"),
    path("phone/<int:customer_id>/calls/start/", phone.start, name="call_start_with"),
    path("phone/<int:customer_id>/calls/<int:call_id>/identify/", phone.identify, name="call_identify"),
    path("phone/calls/<int:call_id>/end/", phone.end, name="call_end"),
    path("phone/<int:customer_id>/case/", phone.new_case, name="phone_case"),
    path("phone/<int:customer_id>/ticket/", phone.new_ticket, name="phone_ticket"),
    path("reports/", reports.index, name="reports"),
    path("reports/promises/", reports.promises, name="report_promises"),
    path("reports/promises/list/", reports.promise_rows, name="report_promise_list"),
    path("reports/attention/", reports.attention, name="report_attention"),
    path("reports/attention/list/", reports.matters, name="report_attention_list"),
    path("reports/units/", reports.units, name="report_units"),
    path("reports/units/<unit>/", reports.holders, name="report_holders"),
    path("reports/units/<unit>/<which>/", reports.movements, name="report_movements"),
    path("reports/reconciliation/", reconciliations.index, name="reconciliations"),
    path("reports/reconciliation/ask/", reconciliations.ask, name="reconciliation_ask"),
    path("reports/reconciliation/<int:run_id>/", reconciliations.one, name="reconciliation"),
    path("search.json", desk.search_json, name="search_json"),
]
