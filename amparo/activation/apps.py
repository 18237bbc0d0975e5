from django.apps import AppConfig


class ActivationConfig(AppConfig):
    name = "amparo.activation"
    label = "activation"
