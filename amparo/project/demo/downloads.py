"""The versions of the demonstration with their files, and who downloaded them. UPD-2, UPD-3."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from amparo.downloads import commands
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.downloads.errors import NotIncluded
from amparo.downloads.models import Artifact, Publication
from amparo.kernel.actor import SYSTEM
from amparo.people.models import Contact
from amparo.people.queries import actor_in
from amparo.products import commands as products
from amparo.products.models import Product

from . import content

if TYPE_CHECKING:
    from .load import World

KINDS = {"instalador": "installer", "actualizacion": "update", "sdk": "sdk", "ejemplos": "example", "catalogos": "document", "beta": "installer"}
LEAD = {"10.1": "10.0", "10.2.0-beta.1": "10.1"}  # from which version one comes to it
NEEDS = {"POS": "Windows 10 u 11 de 64 bits, 4 GB de memoria, 2 GB libres en disco.", "FAC": "Windows 10 u 11 de 64 bits; sello digital vigente.",
         "SDK": "Python 3.11 o .NET 8; Mostrador POS 10.0 o posterior."}  # fmt: skip


def publish(world: World) -> None:
    """Publish what the texts tell of, each on its day, with small files that are real."""
    admin = world.staff["ana"]
    with tempfile.TemporaryDirectory() as folder:
        for text in sorted(content.releases(), key=lambda one: -one.days_ago):
            at = world.on(text.days_ago)
            product = Product.objects.filter(code=text.product.lower()).first() or Product.objects.filter(code=text.product).first()
            if product is None:
                product = products.add_product(text.product, "Mostrador SDK", "Para quien desarrolla sobre Mostrador", actor=admin, at=world.on(400))
            version, stable = text.get("version"), text.get("channel", "stable") == "stable"
            sheet = Sheet(
                channel=text.get("channel", "stable"), audience="visitor" if stable else "covered", notes=text.body, built_on=at.date(),
                requirements=NEEDS.get(text.product, ""), from_version=LEAD.get(version, ""), is_critical=text.yes("critical"),
            )  # fmt: skip
            publication = commands.prepare(product, version, sheet, released_on=at.date(), actor=admin, at=at)
            for name in text.several("files"):
                kind = next((kind for word, kind in KINDS.items() if word in name), "document")
                asks = "" if kind in ("installer", "update") else text.audience
                source = _made(Path(folder), name)
                said = Described(kind, "windows" if name.endswith(".exe") else "", asks if asks in ("registered", "customer", "licensed", "covered") else "")
                commands.add_file(publication, source, said, actor=admin, at=at)
            commands.publish(publication, actor=admin, at=at)
            if product.code.lower() == "sdk":
                products.make_current(publication.release, actor=admin, at=at)


def _made(folder: Path, name: str) -> Path:
    """Return a file of its name: an archive that opens, or octets that begin as a program does."""
    dice, path = random.Random(name), folder / name  # noqa: S311 (octets of a story, not a secret)
    if name.endswith(".zip"):
        octets = io.BytesIO()
        with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in ("LEAME.txt", "ejemplos/ventas_por_hora.py", "ejemplos/corte_de_caja.py", "licencia.txt"):
                archive.writestr(part, f"{name}: {part}\n" + "Mostrador. " * dice.randint(40, 900))
        path.write_bytes(octets.getvalue())
    else:
        path.write_bytes(b"MZ" + dice.randbytes(dice.randint(150_000, 600_000)))
    return path


def tell(world: World) -> None:
    """Let some contacts download what is included for them."""
    artifacts = {one.publication.release.version: one for one in Artifact.objects.filter(kind="installer").select_related("publication__release__product")}
    contacts = Contact.objects.filter(company_role="administrator", removed_at__isnull=True).order_by("id")[:24]
    for number, contact in enumerate(contacts):
        version = ("10.1", "10.0", "10.1", "9.2", "4.3", "10.1")[number % 6]
        actor, at = actor_in(contact.user_id, contact.customer_id), world.on(100 - number * 4)
        try:
            grant, _token = commands.grant(artifacts[version], actor=actor, at=at)
        except (NotIncluded, KeyError):
            continue
        commands.note_sent(grant.pk, 0, artifacts[version].size if number % 5 else 60_000, actor=SYSTEM, at=at)
    assert Publication.objects.filter(published_at__isnull=False).exists()
