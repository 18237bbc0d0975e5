from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "amparo.complaints"
    label = "complaints"

    def ready(self) -> None:
        from . import policies  # noqa: F401
