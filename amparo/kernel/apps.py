from django.apps import AppConfig

from . import catalogs

catalogs.lay_together()  # here and not in `ready`: some app translates a text while its models are loaded


class KernelConfig(AppConfig):
    name = "amparo.kernel"
    label = "kernel"
