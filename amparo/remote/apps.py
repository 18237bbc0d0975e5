from django.apps import AppConfig


class RemoteConfig(AppConfig):
    name = "amparo.remote"
    label = "remote"

    def ready(self) -> None:
        from amparo.cases.words import tell_also

        from . import policies, words  # noqa: F401

        tell_also(words.TELLINGS)
