from django.apps import AppConfig


class CampusConfig(AppConfig):
    name = "amparo.campus"
    label = "campus"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
