"""Contracts: plans, pólizas, service cards, and who may use which service.

Words: a *plan* is what is on sale; a *contract* («póliza») keeps the terms that its plan had when it was taken; a
*card* is a prepaid voucher for credits, redeemed by code, issued in a *batch*; *standing* is the explained answer to
«may this person use this service now?», computed when it is asked, never stored; an *import* brings customers,
contacts, licences and contracts from a CSV file, whole or not at all.

Rules: ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10, ACC-11, CTR-1, AGR-1 as far as standing asks, CRD-1, LED-3 and LED-5 as far as contracts go.
Doors: `access` (standing, all_standings, require), `commands` (sell_contract, renew, cancel, issue_batch, redeem_card,
void_card), `queries` (in_force), `errors`, `models` for types.
"""
