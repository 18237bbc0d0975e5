from django.apps import AppConfig


class QuotationsConfig(AppConfig):
    name = "amparo.quotations"
    label = "quotations"
