from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "amparo.sales"
    label = "sales"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
