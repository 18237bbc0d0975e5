from django.apps import AppConfig


class ForumConfig(AppConfig):
    name = "amparo.forum"
    label = "forum"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
