"""Cases: numbered, tracked pieces of paid or covered service, from request to accepted charge.

Words: a *case* has a *kind* (advisory, incident, general, development) once it is classified; *consent* is the
customer's yes to what it is and costs; the *clock* counts the minutes of attention; a *further need* comes up during
attention; an *order* is a price in credits for general or development service; a *closing* is a proposal to close,
which only the customer accepts.

Rules: CAS-1 to CAS-5, CAS-8, CAS-9, CHG-1 to CHG-7, CHG-10, TAR-2, TAR-3, LED-6.
Doors: commands, queries, access, errors, rules and machine (pure), words (facts as sentences), models for types.
"""
