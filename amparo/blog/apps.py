from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "amparo.blog"
    label = "blog"
