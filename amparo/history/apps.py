from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "amparo.history"
    label = "history"
