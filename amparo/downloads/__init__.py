"""Releases and their files: who may take them and why, updates, recalls. ACC-3, UPD-1, UPD-2, UPD-3, TKT-4.

Words: a *publication* is what a release says of itself (channel, notes, requirements, from which version it is reached);
it has *files* (`Artifact`: installer, update, SDK, tool, report, example, document), each with size, SHA-256 and signature.
*Entitlement* is the explained answer whether somebody may take a file. A *grant* is the right of one person (or one
installation) to one file for some days, asked again at each request; a *download* counts once for a grant, when all of it
was given out. A release that is *withdrawn* («retirada») is no longer given out, and those who took it are told.

Bytes lie under their hash in DATA_DIR/downloads, which no address serves. Doors: `commands`, `queries` (update_for,
since), `access` (entitlement, visible_to), `errors`, `rules`, `models` for types.
"""
