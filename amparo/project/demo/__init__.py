"""The demonstration world: a believable vendor of a point of sale for shops, and a hundred of its customers.

Everything in it is done through the commands that people use, at moments relative to today; so every promise, charge
and record in it is as real as what a visitor then does by hand.
"""

from .load import load
from .people import demo_people

__all__ = ["demo_people", "load"]
