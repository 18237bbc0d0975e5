from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "amparo.videos"
    label = "videos"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
