from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "amparo.sales"
    label = "sales"
