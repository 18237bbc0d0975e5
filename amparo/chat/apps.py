from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "amparo.chat"
    label = "chat"
