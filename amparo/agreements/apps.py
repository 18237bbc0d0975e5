from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    name = "amparo.agreements"
    label = "agreements"

    def ready(self) -> None:
        from . import policies  # noqa: F401
