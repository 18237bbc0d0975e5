"""Pages that combine apps: the desk's queue, the palette, the telephone, reports; the portal's home, help, matters, statements.

No tables and no rules of its own: it asks the apps below and lays out what they answer.
"""
