"""Agreements: the documents that govern the service, their versions, and who accepted which. AGR-1."""
