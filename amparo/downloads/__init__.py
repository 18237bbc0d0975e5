"""Releases and their files: who may take them and why, updates, recalls. ACC-3, UPD."""
