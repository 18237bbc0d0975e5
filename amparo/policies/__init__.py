"""Figures of the rules that an administrator may change with effect from a date, marked (set) in the rules,
and the vendor's own identity.

Each app declares its policies in its `policies.py`; here they are kept, versioned and shown.
Doors: registry (declare), queries (value), commands (set_value).
"""
