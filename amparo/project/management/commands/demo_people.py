"""Print the people of the demonstration who can be signed in as."""

import json
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print the people of the demonstration, with their passwords."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from amparo.project.demo import demo_people

        people = demo_people()
        if options["json"]:
            self.stdout.write(json.dumps(people, ensure_ascii=False))
            return
        for one in people:
            self.stdout.write(f"{one['email']:<36} {one['password']}  {one['name']} ({one['what']})")
