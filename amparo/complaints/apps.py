from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "amparo.complaints"
    label = "complaints"
