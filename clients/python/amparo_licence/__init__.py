"""Activate a product with an Amparo service, and prove its licence without network."""

from .client import Client, NotReached, Product, Refused
from .grace import Lease, Verdict, judge
from .tokens import BadToken, read

__all__ = ["BadToken", "Client", "Lease", "NotReached", "Product", "Refused", "Verdict", "judge", "read"]
__version__ = "1.0.0"
