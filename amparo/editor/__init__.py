"""Wagtail as the editor of articles, posts and videos: drafts, schedule, workflow, lock, preview; never the site. SRC-2, SRC-3."""
