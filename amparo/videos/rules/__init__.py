"""Decisions of videos: cues, sizes, what may be read, what publishing needs. Pure."""
