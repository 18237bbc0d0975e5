"""Tables of quotations, cut by noun."""

from .catalogue import CatalogueItem, ItemVersion
from .compatibility import Compatibility
from .orders import Delay, Delivery, ServiceOrder
from .quotes import Quote, QuoteVersion
from .requests import RequestVersion, ServiceRequest

__all__ = ["CatalogueItem", "Compatibility", "Delay", "Delivery", "ItemVersion", "Quote", "QuoteVersion", "RequestVersion", "ServiceOrder", "ServiceRequest"]
