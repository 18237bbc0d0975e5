"""The people of the demonstration who can be signed in as, and the vendor's staff."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress

from amparo.kernel.actor import SYSTEM, Actor
from amparo.people import commands as people
from amparo.people.models import User
from amparo.people.queries import actor_by_id

PASSWORD = "mostrador 2026 demo"  # noqa: S105 (the demonstration's, printed at its start)
DOMAIN = "mostrador.example"

# name, local part, roles
STAFF = (
    ("Ana Torres", "ana", ("administrator",)),
    ("Óscar Medina", "oscar", ("operator",)),
    ("Elena Ríos", "elena", ("engineer",)),
    ("Iván Solís", "ivan", ("engineer", "developer")),
    ("Quetzali Mora", "quetzali", ("quality",)),
    ("Sara Ibáñez", "sara", ("sales",)),
    ("Rodolfo Cano", "rodolfo", ("rnd_director",)),
    ("Mónica Peralta", "monica", ("moderator", "editor", "instructor")),
)
# name, e-mail, company of the demonstration, company role, language
CONTACTS = (
    ("Guadalupe Romero", "lupita@abarrotes-lupita.example", 0, "administrator", "es-mx"),
    ("Marcos Peña", "marcos@abarrotes-lupita.example", 0, "member", "es-mx"),
    ("Olga Ruiz", "olga@abarrotes-lupita.example", 0, "own", "es-mx"),
    ("Sergio Díaz", "sergio@ferreteria-sur.example", 1, "administrator", "es-mx"),
    ("Emily Carter", "emily@papeleria-lapiz.example", 2, "administrator", "en"),
)


def demo_people() -> list[dict[str, str]]:
    """Return who can be signed in as: name, email, password, what."""
    rows = [
        {"name": name, "email": f"{local}@{DOMAIN}", "password": PASSWORD, "what": ", ".join(roles)}
        for name, local, roles in STAFF
    ]
    rows += [
        {"name": name, "email": email, "password": PASSWORD, "what": f"contact ({role})"}
        for name, email, _company, role, _language in CONTACTS
    ]
    return rows


def _person(name: str, email: str, language: str, at: datetime) -> User:
    return people.register_user(
        email, name=name, password=PASSWORD, language=language, email_verified=True, actor=SYSTEM, at=at
    )


def make_staff(at: datetime) -> dict[str, Actor]:
    """Make the vendor's staff; return the actors by their local part."""
    made = {}
    for name, local, roles in STAFF:
        user = _person(name, f"{local}@{DOMAIN}", "es-mx", at)
        people.add_staff(user, roles, actor=SYSTEM, at=at)
        made[local] = actor_by_id(user.pk)
    return made


def make_free_user(at: datetime) -> None:
    """Make somebody who registered and is no customer yet."""
    _person("Rita Libre", "rita@correo.example", "es-mx", at)


def sign_in_for(name: str, email: str, language: str, at: datetime) -> User:
    """Make a person of a customer who can sign in."""
    assert not EmailAddress.objects.filter(email=email).exists()
    return _person(name, email, language, at)
