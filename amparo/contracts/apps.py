from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "amparo.contracts"
    label = "contracts"

    def ready(self) -> None:
        from . import policies  # noqa: F401
