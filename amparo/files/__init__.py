"""Files that people attach: stored once by content, served only through an authorising view.

Words: *stored file* (one upload, with the hash of its bytes), *draft* (a file that belongs to nothing yet and can be
used by its uploader alone), *subject* (the typed string of what it belongs to, `ticket:41`), *rendering* (our own
re-encoding of a picture: the only thing that is ever shown inside a page). Rules: TKT-1 and CAS-1 as far as they speak
of files, ACC-11; SEC-25 to SEC-28.
Doors: `commands.store`, `commands.attach`, `errors`, `models` for types; addresses under `/files/`.
"""
