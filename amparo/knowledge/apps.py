from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "amparo.knowledge"
    label = "knowledge"
