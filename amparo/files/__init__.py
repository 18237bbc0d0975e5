"""Files that people attach: stored once by content, served only through an authorising view."""
