"""Videos with captions and chapters, by product and theme. SRC-3."""
