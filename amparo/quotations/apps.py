from django.apps import AppConfig


class QuotationsConfig(AppConfig):
    name = "amparo.quotations"
    label = "quotations"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
