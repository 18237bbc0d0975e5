"""What the purge of a case empties in apps above it, which it does not know. CAS-2.

Each is a function `(subjects, *, at) -> how many`; it runs in the purge's own transaction and is idempotent.
"""

OUTLETS: tuple[str, ...] = ("amparo.notifications.commands.purge", "amparo.mailbox.commands.purge")
