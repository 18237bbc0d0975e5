"""The users of Amparo as a lean application would have them. Nothing is written and no table is made."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class User(AbstractBaseUser):
    """The person of a session."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    is_active = models.BooleanField()

    objects: ClassVar[BaseUserManager["User"]] = BaseUserManager()  # type: ignore[assignment]
    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "people_user"
        app_label = "lean"
