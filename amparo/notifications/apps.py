from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "amparo.notifications"
    label = "notifications"

    def ready(self) -> None:
        from . import policies  # noqa: F401
