from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "amparo.promotions"
    label = "promotions"
