"""Wagtail as the editor of articles, posts and videos: drafts, schedule, approval, lock, preview; never the site. SRC-2, SRC-3.

What is edited is a model of `models.Edited`, shown to editors by `viewsets.register` (called in its app's `wagtail_hooks.py`).
What goes live is handed to the app's command that `published_hook` names. Of Wagtail only the addresses in `urls` exist.
Wagtail writes its own tables (revisions, log, states of approval) and the drafts; what follows from publishing, commands write.
Doors: `models.Edited`, `viewsets.register`, `commands` (save_draft, publish, unpublish, publish_due), `access.may_edit`.
"""
