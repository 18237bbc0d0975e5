"""Decisions of downloads: pure."""
