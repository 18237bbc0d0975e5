"""The blog: news of products and company, drafted and scheduled in the editor, with feeds by product and tag. SRC-3.

Words: a *post* is one piece of news; its row is what is published, drafts lie beside it; a *tag* is a word of the post in
the form that stands in an address. Comments there are none: a post leads to the forum.
Rules: SRC-3, ACC-1, ACC-11; SEC-21, SEC-25, SEC-29.
Doors: `commands`, `queries`, `access`, `models` for types.
"""
