from django.apps import AppConfig


class RemoteConfig(AppConfig):
    name = "amparo.remote"
    label = "remote"
