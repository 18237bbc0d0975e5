"""Who sees a file: whoever sees what it belongs to; a draft, its uploader alone. ACC-11, SEC-25, SEC-27."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from amparo.kernel.actor import Actor

from .models import StoredFile
from .rules import PUBLISHED


@lru_cache(1)
def _may_see() -> Callable[[Actor, str], bool]:
    """The resolver of typed strings stands in the composition root, above this app."""
    return import_string(getattr(settings, "FILES_MAY_SEE", "amparo.project.subjects.may_see"))


def may_read(actor: Actor, file: StoredFile) -> bool:
    """True where the actor may read the file now: the right is computed at each use. SEC-11. What is purged nobody reads. CAS-2."""
    if file.purged_at is not None:
        return False
    if not file.subject:
        return actor.owns(file.uploaded_by_id)
    return _may_see()(actor, file.subject)


def may_read_original(actor: Actor, file: StoredFile) -> bool:
    """True where who reads a picture also gets the bytes as they came: of what is published only its uploader and staff do. SEC-26."""
    return file.subject.partition(":")[0] not in PUBLISHED or actor.is_staff or actor.owns(file.uploaded_by_id)


def may_upload(actor: Actor) -> bool:
    """Whoever signed in, which takes a verified address; who is registered only, a few pictures for the forum (`takes_pictures_only`)."""
    return actor.is_signed_in and (actor.is_contact or actor.is_staff or takes_pictures_only(actor))


def takes_pictures_only(actor: Actor) -> bool:
    """True of who is registered and acts for no customer: small pictures, few in a day, in his own draft. FOR-1, SEC-27."""
    return actor.kind == "registered"
