"""Search over all that is published: one index, one recipe, one visibility rule.

Words: a *document* is what is published, as the index knows it (never more than the page itself shows); a *part* is a
place inside it (a second of a video); a *search* is a row of the log, without personal data; *synonyms* are words that
administrators hold for the same; a *writing task* is what was searched and not found, on somebody's desk.
Every reading of documents, words and suggestions goes through `access`, that is through `contracts.access.readable`.

Rules: SRC-2, TKT-3, ACC-1, ACC-3, ACC-4.
Doors: `commands.index`, `commands.forget`, `queries.search`, `queries.similar`, `errors`, `models.Document` for types.
"""
