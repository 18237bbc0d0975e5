from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "amparo.live"
    label = "live"
