from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "amparo.downloads"
    label = "downloads"

    def ready(self) -> None:
        from . import policies  # noqa: F401
