"""Calendars and promises. TIM.

Words: *calendar* (when a counter is open; each change is a new *version*), *kind* of promise (how much time, counted
how; each change in force from a date), *promise* (a deadline computed once and stored: open, then kept or lapsed, or
ended because it is no longer owed), *lapse* and *warning* (rows that exist once, whoever writes them).
Doors: commands, queries, access, errors, rules (pure), models for types; `tasks.tick` for the worker.
"""
