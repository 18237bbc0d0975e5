"""Live service on the telephone: calls as people keep them, and as exchanges tell them.

Words: a *call* is one telephone conversation, with who, when, how long, what about and what came of it. An *exchange* (PBX)
tells us of its calls; what it tells is kept as one *exchange call* under its own name for it, however often and in whatever
order. A *line* is a person's extension at an exchange. A *callback* is what is owed to a caller who reached nobody.
Rules: TEL-1, TEL-2, TEL-3, CAS-2. Doors: commands (start_call, end_call, take_delivery, take_event, compare_calls, ask_to_dial, settle_callback, forget…),
queries (on_screen, owed_callbacks, board, calls_of…), access, errors, models for types, rules (e164).
Processes: `amparo telephone` (telephone.py) listens to Asterisk (ami.py) and as a SIP extension (sip.py).
"""
