from django.apps import AppConfig


class ActivationConfig(AppConfig):
    name = "amparo.activation"
    label = "activation"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
