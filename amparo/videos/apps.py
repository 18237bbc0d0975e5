from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "amparo.videos"
    label = "videos"
