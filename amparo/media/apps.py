from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "amparo.media"
    label = "media"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
