"""Who does something: an argument of every command, never a global."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["visitor", "registered", "contact", "staff", "system"]
CompanyRole = Literal["administrator", "member", "own"]

ROLES: Final = (
    "operator",
    "engineer",
    "moderator",
    "quality",
    "rnd_director",
    "developer",
    "sales",
    "instructor",
    "editor",
    "administrator",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the service itself) at the moment of an act, with the rights held then.

    It is built at the edge for each request, so that a right that is taken away is gone at the next click.
    A contact acts for one customer at a time: `customer_id` and `company_role` are that one's. ACC-11.
    """

    kind: Kind
    user_id: int | None = None
    name: str = ""
    email: str = ""
    language: str = "es-mx"
    customer_id: int | None = None
    contact_id: int | None = None
    company_role: CompanyRole | None = None
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"

    @property
    def is_contact(self) -> bool:
        return self.kind == "contact"

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def ref(self) -> str:
        """The actor as a typed string for the record: `user:3`, `system`, `visitor`."""
        return f"user:{self.user_id}" if self.user_id is not None else self.kind

    def has_role(self, *roles: str) -> bool:
        """True for staff who hold one of the roles. An administrator passes for every role but those
        that judge (quality, rnd_director), which must be held in person: COM-2."""
        if self.kind != "staff":
            return False
        if self.roles.intersection(roles):
            return True
        judging = {"quality", "rnd_director"}
        return "administrator" in self.roles and not judging.issuperset(roles)

    def sees_customer(self, customer_id: int | None) -> bool:
        """Staff see every customer, a contact the one that it acts for. ACC-11."""
        if self.kind in ("staff", "system"):
            return True
        return self.kind == "contact" and customer_id is not None and customer_id == self.customer_id

    def owns(self, user_id: int | None) -> bool:
        return self.user_id is not None and self.user_id == user_id


SYSTEM: Final = Actor(kind="system", name="Amparo")
VISITOR: Final = Actor(kind="visitor")
