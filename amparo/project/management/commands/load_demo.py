"""Load the demonstration world into an empty database."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Load the demonstration world into an empty database."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--customers", type=int, default=100)

    def handle(self, *args: Any, **options: Any) -> None:
        from amparo.project.demo import load

        count = load(customers=options["customers"])
        self.stdout.write(f"{count} customers")
