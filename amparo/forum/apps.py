from django.apps import AppConfig


class ForumConfig(AppConfig):
    name = "amparo.forum"
    label = "forum"
