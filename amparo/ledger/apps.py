from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "amparo.ledger"
    label = "ledger"

    def ready(self) -> None:
        from . import policies  # noqa: F401
