from django.apps import AppConfig


class ClassroomConfig(AppConfig):
    name = "amparo.classroom"
    label = "classroom"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
        from .words import tell_cases

        tell_cases()
