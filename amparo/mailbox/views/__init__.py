"""Mail in for people: staff at the desk, authors in the portal."""
