from django.apps import AppConfig


class ThreadsConfig(AppConfig):
    name = "amparo.threads"
    label = "threads"

    def ready(self) -> None:
        from . import policies  # noqa: F401 (declares the figures)
