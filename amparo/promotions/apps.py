from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "amparo.promotions"
    label = "promotions"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
