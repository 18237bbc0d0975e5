from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "amparo.media"
    label = "media"
