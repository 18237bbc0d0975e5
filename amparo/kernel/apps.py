from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "amparo.kernel"
    label = "kernel"
