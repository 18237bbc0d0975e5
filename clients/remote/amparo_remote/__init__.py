"""The customer's end of a remote session, for Linux under X11.

protocol  what the broker says, judged before it is believed
rfb       the server side of RFB 3.8: what a viewer sends, and pictures for it
screen    what is on the screen, and what of it changed
hands     pointer and keys by XTEST, only while control is given
panel     the banner that cannot be hidden, the questions, the key that stops
session   one session from the code to its end
"""

__version__ = "1.0.0"
