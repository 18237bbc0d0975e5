from django.apps import AppConfig


class DefectsConfig(AppConfig):
    name = "amparo.defects"
    label = "defects"
