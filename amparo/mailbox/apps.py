from django.apps import AppConfig


class MailboxConfig(AppConfig):
    name = "amparo.mailbox"
    label = "mailbox"
