"""Views of downloads, by audience."""
