from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "amparo.live"
    label = "live"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
