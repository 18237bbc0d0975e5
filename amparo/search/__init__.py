"""Search over all that is published: one index, one recipe, one visibility rule. SRC-2."""
