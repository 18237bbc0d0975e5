from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "amparo.search"
    label = "search"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
