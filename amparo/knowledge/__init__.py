"""The knowledge base: articles by product, version and theme, cited in answers, judged by readers. SRC-1, SRC-2, SRC-5."""
