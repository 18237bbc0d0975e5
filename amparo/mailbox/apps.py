from django.apps import AppConfig


class MailboxConfig(AppConfig):
    name = "amparo.mailbox"
    label = "mailbox"

    def ready(self) -> None:
        from . import policies  # noqa: F401
