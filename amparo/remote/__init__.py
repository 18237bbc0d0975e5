"""Remote desktop: with consent each time, an engineer sees and controls the customer's computer, on the record.

Words: a *remote session* (R-7) belongs to a case and an engineer; its *code* of nine digits is told to the customer, holds once and for
minutes; the *helper* is the program at the customer's computer; the *broker* (in the process of the stream) joins the helper and the
engineer's *viewer*, and lets through only what was consented to; the *record* is what passed, in chunks that are chained by their hashes;
a *segment* is what runs between two breaks of the line.

Rules: LIV-2, LIV-3, CAS-5, CAS-9, CHG-5.
Doors: commands (`offer`, `look_up`, `join`, `consent`, `begin`, `end`, `purge`), queries (`page_of`, `of_case`, `recordings_of`), access, errors,
rules (`codes`, `client`, `server`, `record`: pure), words, models for types. `docs/remote-protocol.md` is what helper and broker say to each other.
"""
