from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "amparo.downloads"
    label = "downloads"
