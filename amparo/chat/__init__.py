"""Live conversation between a covered contact and an engineer. It costs nothing by itself.

Words: a *chat* waits, is offered to one engineer after another, is taken, ends; a *message* has a number in its chat;
a *whisper* is what only staff read; *duty* says who attends chats now; a *site* is a page of the vendor's own with our
widget. What a chat becomes (ticket, case, question of the forum) holds its transcript and leads back to it.

Rules: CHT-1 to CHT-3, CHG-1, CAS-1, CAS-4. Customers read by `seq`, staff by `desk_seq`: the first has no gaps where
staff whispered, so that nothing tells that they did (SEC-10).
Doors: commands, queries, access, errors, rules and machine (pure), words (events as sentences), models for types.
"""
