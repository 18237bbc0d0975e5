"""What is decided about a message without database or clock: what it says, what it is, where it belongs."""

from .letter import Attachment, Letter, read

__all__ = ["Attachment", "Letter", "read"]
