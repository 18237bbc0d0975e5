"""Agreements: the documents that govern the service, their versions with dates, and who accepted which. AGR-1.

Words: an *agreement* is one document, known by its code; a *version* holds its text in Spanish and English, is drafted,
compared, and published from a moment, and never changes after that; an *acceptance* is a customer's yes to one version,
said once, by a person in a capacity, to a text that its hash names.
What an agreement governs is data: the services (of `contracts.access`) that ask for it, and since when they ask.

Rules: AGR-1, QUO-4 as far as the development agreement goes.
Doors: `commands` (accept, accept_by_telephone, publish…), `queries` (in_force, accepted, acceptances_of, record_of,
waiting_for), `access`, `errors`, `models` for types. That a service asks is judged in `contracts.access.standing`.
"""
