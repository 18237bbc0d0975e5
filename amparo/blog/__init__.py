"""News of products and company, with feeds. SRC-3."""
