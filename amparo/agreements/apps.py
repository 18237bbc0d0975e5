from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    name = "amparo.agreements"
    label = "agreements"
