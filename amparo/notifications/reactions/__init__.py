"""From facts to notices: who is told what, in the reader's own language. Each is idempotent by the fact's id."""
