"""Activation: which computers a licence is active on, and the signed tokens by which their programs know it.

Words: a *device* is a computer with a key of its own, known by its *device code*; an *activation* is a licence on a device and
takes a *seat* (a terminal of products); a *token* is what the service signs for it, good until its *lease* ends; after that
comes *grace*, then reduced mode outside opening hours. A *move* frees a seat for another device. A *tombstone* is a device's
own signed word that it gave its licence up.

Rules: LIC-1, LIC-2, LIC-3, TEL-2, UPD-2 (which update is due), SEC-44, SEC-45, SEC-46.
Doors: `commands`, `queries` (devices_of), `access`, `errors`, `rules`, `models` for types.
"""
