"""What people see of videos: the gallery and the player; at the desk, uploads, captions and publication."""
