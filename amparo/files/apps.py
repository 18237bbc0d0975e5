from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "amparo.files"
    label = "files"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
