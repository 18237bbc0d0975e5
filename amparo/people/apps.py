from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "amparo.people"
    label = "people"

    def ready(self) -> None:
        from . import policies  # noqa: F401
