from django.apps import AppConfig


class CasefilesConfig(AppConfig):
    name = "amparo.casefiles"
    label = "casefiles"
