"""The verbs of charging: of a charge, and of the versions of the tariff."""

from .charges import (
    charge_less,
    charge_now,
    consent,
    give_back,
    propose,
    release,
    requote,
    reserve,
    settle,
)
from .tariffs import discard_tariff, draft_tariff, publish_tariff, revise_tariff

__all__ = [
    "charge_less",
    "charge_now",
    "consent",
    "discard_tariff",
    "draft_tariff",
    "give_back",
    "propose",
    "publish_tariff",
    "release",
    "requote",
    "reserve",
    "revise_tariff",
    "settle",
]
