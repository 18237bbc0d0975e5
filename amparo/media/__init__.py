"""The gateways of sound and image: Janus, its rooms and tokens, the relay's credentials, BigBlueButton.

Words: a *room* is a place of sound and image at the gateway; a *participant* is an opaque word for somebody in it, never a name;
a *relay* carries media for whoever cannot reach the gateway; what the gateway tells of a room are its *notices*.
Rules: LIV-1, SEC-38. Nothing here knows what a class, a call or a case is, and nothing is kept in a table.
Doors: `queries.available`, `queries.session`, `rooms` (one interface, two ways: Janus and BigBlueButton), `gateway` (its process and
configuration), in the browser `media/js/janus-room.js`.
"""
