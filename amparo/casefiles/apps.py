from django.apps import AppConfig


class CasefilesConfig(AppConfig):
    name = "amparo.casefiles"
    label = "casefiles"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the figures
