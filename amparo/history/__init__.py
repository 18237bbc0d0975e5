"""The record: what happened, to what, by whom, when. Append-only; each subject's facts form a hash chain.

Words: *fact* (something that happened), *subject* (the thing it happened to, a typed string such as
`case:41`), *reaction* (a command of a higher app that follows a fact, after commit, at least once).
Rules carried for everybody: CAS-1. Doors: commands (record, signal, deliver_pending), queries, models.
"""
