from django.apps import AppConfig


class FairnessConfig(AppConfig):
    name = "amparo.fairness"
    label = "fairness"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the setting
