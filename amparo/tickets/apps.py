from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "amparo.tickets"
    label = "tickets"
