"""The broker: joins the customer's helper and the engineer's viewer, and lets through only what was consented to. LIV-2, SEC-35, SEC-37, SEC-39 to SEC-41.

It lives in the process of the stream (or alone: `amparo broker`). On its loop nothing waits for the database or the disk: that is done
in threads. A session belongs to one broker; whoever comes to another is sent there.
"""

from .hall import hall
from .sockets import routes

__all__ = ["hall", "routes"]
