from django.apps import AppConfig


class EditorConfig(AppConfig):
    name = "amparo.editor"
    label = "editor"
