"""The knowledge base: what is answered with stands here, for everybody. SRC-1, SRC-2, SRC-5.

An article is edited as a draft (see `editor`), published by `commands.publish_done`, which renders its Markdown once, gives
it its error codes (`/e/CODE`), keeps the version and puts it into the search. The row says what is published; `live` says that it is.
Readers see it by `access.visible_to`. What readers say of it goes to its owner, and staff who find it wrong flag it.
Doors: `commands`, `queries`, `access`, `errors`, `models` for types.
"""
