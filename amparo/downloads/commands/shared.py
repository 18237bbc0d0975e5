"""What the verbs of downloads share."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

from amparo.downloads.models import Publication
from amparo.downloads.queries import as_document
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.search import commands as search


def permit(allowed: bool) -> None:
    """Raise NotPermitted where it is not."""
    if not allowed:
        raise NotPermitted()


def locked(publication: Publication, seen: int | None = None) -> Publication:
    """Return a publication as it is now, locked. Raises Stale where it moved since it was shown."""
    found = Publication.objects.select_for_update(of=("self",)).select_related("release__product").get(pk=publication.pk)
    if seen is not None and found.moves != seen:
        raise Stale()
    return found


def show_in_search(publication: Publication) -> None:
    """Put a release into the search where it is out, and take it away where it was withdrawn. SRC-2."""
    if publication.is_offered:
        search.index(publication.subject, **as_document(publication))
    else:
        search.forget(publication.subject)


def marked(text: str) -> str:
    """Return what is stored of an address: enough to count it, useless without the pepper."""
    return hmac.new(settings.SECRETS["pepper"].encode(), f"downloads:{text}".encode(), hashlib.sha256).hexdigest()
