from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "amparo.chat"
    label = "chat"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
