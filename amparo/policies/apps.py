from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "amparo.policies"
    label = "policies"

    def ready(self) -> None:
        from . import identity  # noqa: F401
