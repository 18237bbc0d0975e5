from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "amparo.products"
    label = "products"

    def ready(self) -> None:
        from . import policies  # noqa: F401
