from django.apps import AppConfig


class ClassroomConfig(AppConfig):
    name = "amparo.classroom"
    label = "classroom"
