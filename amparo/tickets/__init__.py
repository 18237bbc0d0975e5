"""Tickets: free questions and fault reports, answered in writing. TKT.

A ticket is a thread with a product behind it. Its id is its thread's number (`T-41`, `/tickets/41/`). Its state says
whose turn it is: `open` (ours to answer), `waiting` (the customer's), `closed`; whoever writes, reopens.
Doors: `commands`, `queries`, `access`, `errors`, `models` for types.
"""
