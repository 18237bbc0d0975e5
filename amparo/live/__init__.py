"""Live service. Today: the record of telephone calls; chat, classroom and remote desktop are not built yet.

Words: a *call* is one telephone conversation, with who, when, how long, what about and what came of it.
Rules: TEL-3. Doors: commands (start_call, end_call, note_outcome), queries (calls_of, open_calls), access, errors,
models for types, rules (e164).
"""
