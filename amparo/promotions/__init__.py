"""Promotions: what lowers a price, for whom, when, and why it does or does not apply. PRO-1."""
