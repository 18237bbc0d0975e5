from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "amparo.ui"
    label = "ui"
