"""What every app may know: who acts, how one refuses, tables of states, identifiers, text.

No models and no database. Doors: actor, refusals, machine, ids, paging, markdown, clock, months.
"""
