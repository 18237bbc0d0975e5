"""Tables of quotations, cut by noun."""

from .catalogue import CatalogueItem, ItemVersion
from .orders import Delay, Delivery, ServiceOrder
from .quotes import Quote, QuoteVersion
from .requests import RequestVersion, ServiceRequest

__all__ = ["CatalogueItem", "Delay", "Delivery", "ItemVersion", "Quote", "QuoteVersion", "RequestVersion", "ServiceOrder", "ServiceRequest"]
