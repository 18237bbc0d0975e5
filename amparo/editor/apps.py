from django.apps import AppConfig


class EditorConfig(AppConfig):
    name = "amparo.editor"
    label = "editor"

    def ready(self) -> None:
        from . import policies  # noqa: F401 declares the settings
