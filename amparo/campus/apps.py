from django.apps import AppConfig


class CampusConfig(AppConfig):
    name = "amparo.campus"
    label = "campus"
