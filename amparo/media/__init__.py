"""The gateways of sound and image: Janus, its rooms and tokens, the relay's credentials, BigBlueButton.

Rules: LIV-1. Nothing here knows what a class, a call or a case is.
"""
