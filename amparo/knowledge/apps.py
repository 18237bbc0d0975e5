from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "amparo.knowledge"
    label = "knowledge"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
