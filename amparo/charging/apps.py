from django.apps import AppConfig


class ChargingConfig(AppConfig):
    name = "amparo.charging"
    label = "charging"
