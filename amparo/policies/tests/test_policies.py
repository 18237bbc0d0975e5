"""Settings: what may be set, by whom, from when; the vendor's identity and logo."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from PIL import Image

from amparo.conftest import NOON
from amparo.kernel.refusals import NotPermitted
from amparo.policies import commands, errors, queries
from amparo.policies.models import PolicyValue
from amparo.policies.registry import all_policies
from amparo.policies.rules import LOGO_SHOWN, encoded_logo, read_list

pytestmark = pytest.mark.django_db
DAYS = "people.invitation_days"


def test_a_policy_holds_from_its_moment_on(administrator, facts):
    """Figures marked (set) change with effect from a date; the old value still explains the past."""
    commands.set_value(DAYS, 3, from_at=NOON + timedelta(days=1), actor=administrator, at=NOON)
    assert queries.value(DAYS, at=NOON) == 7
    assert queries.value(DAYS, at=NOON + timedelta(days=1)) == 3
    assert facts(f"policy:{DAYS}") == ["policy.set"]
    standing = queries.standing(DAYS, at=NOON)
    assert (standing.value, standing.is_shipped, standing.later) == (7, True, ((NOON + timedelta(days=1), 3),))


@pytest.mark.parametrize("value", ["3", 3.0, True, None, [3], 0, 61])
def test_a_value_of_another_kind_or_outside_its_limits_is_refused(administrator, value):
    """SEC-54: validation stands in the save path."""
    with pytest.raises(errors.ValueNotTaken):
        commands.set_value(DAYS, value, from_at=NOON, actor=administrator, at=NOON)


def test_nobody_sets_what_was(administrator):
    with pytest.raises(errors.NotInThePast):
        commands.set_value(DAYS, 3, from_at=NOON - timedelta(seconds=1), actor=administrator, at=NOON)


@pytest.mark.parametrize("who", ["operator", "engineer", "quality", "sales", "contact", "registered"])
def test_only_administrators_set_policies(who, request, client_for):
    """SEC-53, SEC-54"""
    actor = request.getfixturevalue(who)
    for act in (
        lambda: commands.set_value(DAYS, 3, from_at=NOON, actor=actor, at=NOON),
        lambda: commands.set_identity({"name": "X"}, actor=actor, at=NOON),
        lambda: commands.set_logo(picture(), actor=actor, at=NOON),
    ):
        with pytest.raises(NotPermitted):
            act()
    client, status = client_for(actor), 403 if actor.is_staff else 404
    for name, args in (("settings", []), ("setting", [DAYS]), ("identity", [])):
        assert client.get(reverse(f"desk_policies:{name}", args=args)).status_code == status
    assert client.post(reverse("desk_policies:setting", args=[DAYS]), {"value": "3"}).status_code == status
    assert client.post(reverse("desk_policies:logo"), {"remove": "1"}).status_code == status
    assert not PolicyValue.objects.exists()


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_every_declared_policy_has_a_page(client_for, administrator, language):
    """One screen for all of them, each with its rule, unit, value and history."""
    from amparo.people.models import User

    User.objects.filter(pk=administrator.user_id).update(language=language)
    client = client_for(administrator)
    page = client.get(reverse("desk_policies:settings")).content.decode()
    for policy in all_policies():
        if policy.group == "identity":
            continue
        assert reverse("desk_policies:setting", args=[policy.key]) in page
        one = client.get(reverse("desk_policies:setting", args=[policy.key]))
        assert one.status_code == 200, policy.key
        # What the field shows can be sent back as it is.
        from amparo.policies.forms import ValueForm

        shown = ValueForm.shown(policy, policy.default)
        back = client.post(reverse("desk_policies:setting", args=[policy.key]), {"value": shown})
        assert back.status_code == 302, (policy.key, shown)
    assert client.get(reverse("desk_policies:setting", args=["identity.name"])).status_code == 404
    assert client.get(reverse("desk_policies:setting", args=["nothing.here"])).status_code == 404


def test_the_screen_sets_a_figure_in_the_readers_zone(client_for, administrator):
    client = client_for(administrator)
    local = (timezone.now() + timedelta(days=2)).astimezone(ZoneInfo("America/Mexico_City"))
    form = {"value": "5", "from_at": local.strftime("%Y-%m-%dT%H:%M")}
    assert client.post(reverse("desk_policies:setting", args=[DAYS]), form).status_code == 302
    row = PolicyValue.objects.get()
    assert row.value == 5 and row.from_at == local.replace(second=0, microsecond=0)
    for bad in ({"value": "99"}, {"value": "x"}, {"value": "5", "from_at": "2020-01-01T10:00"}):
        response = client.post(reverse("desk_policies:setting", args=[DAYS]), bad)
        assert response.status_code == 422 and "field-error" in response.content.decode()


def test_lists_are_written_with_commas():
    assert read_list("30, 15;5", [1]) == [30, 15, 5]
    assert read_list("30, quince", [1]) is None
    assert read_list("a b, c", ["x"]) == ["a b", "c"]


def picture(kind="PNG", size=(600, 200), **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **more)
    return out.getvalue()


def test_the_identity_is_set_whole_or_not_at_all(client_for, administrator):
    client = client_for(administrator)
    good = {"name": "Caja Fácil", "telephone": "55 1234 5678", "accent": "#0f6b6b", "mail_from": "soporte@caja.mx"}
    assert client.post(reverse("desk_policies:identity"), good).status_code == 302
    now = timezone.now()
    assert queries.value("identity.name", at=now) == "Caja Fácil"
    count = PolicyValue.objects.count()
    for bad in ({"accent": "teal"}, {"mail_from": "a@b.mx\r\nBcc: x@y.mx"}, {"name": ""}, {"telephone": "5\n5"}):
        response = client.post(reverse("desk_policies:identity"), {**good, "hours": "nuevo", **bad})
        assert response.status_code == 422, bad
    assert PolicyValue.objects.count() == count


def test_a_logo_is_drawn_anew(client_for, administrator, client, settings, tmp_path):
    """SEC-26: only pixels pass; served as a picture and nothing else."""
    settings.MEDIA_ROOT = tmp_path
    admin = client_for(administrator)
    loaded = picture("JPEG", comment=b"<script>alert(1)</script>") + b"PK\x03\x04<script>alert(2)</script>"
    response = admin.post(reverse("desk_policies:logo"), {"logo": SimpleUploadedFile("x.html", loaded, "text/html")})
    assert response.status_code == 302
    url = queries.value("identity.logo", at=timezone.now())
    served = client.get(url)
    body = b"".join(served.streaming_content)
    assert served["Content-Type"] == "image/png" and served["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served["Content-Security-Policy"]
    assert body.startswith(b"\x89PNG") and b"script" not in body
    with Image.open(io.BytesIO(body)) as shown:
        assert shown.size[0] <= LOGO_SHOWN[0] and shown.size[1] <= LOGO_SHOWN[1]
    admin.post(reverse("desk_policies:logo"), {"remove": "1"})
    assert queries.value("identity.logo", at=timezone.now()) == ""
    assert client.get("/policies/logo/" + "0" * 64 + ".png").status_code == 404


@pytest.mark.parametrize("octets", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"x" * 2_000_001])
def test_what_is_no_picture_is_refused(octets):
    """SEC-26"""
    assert encoded_logo(octets) is None


def test_a_picture_that_is_too_large_is_not_unpacked():
    assert encoded_logo(picture(size=(5000, 10))) is None


def test_every_group_of_settings_has_a_name():
    """Whoever looks for a setting finds it under words, not under the name of a program's part."""
    from amparo.policies.registry import all_policies
    from amparo.policies.words import GROUPS

    assert {one.group for one in all_policies()} <= set(GROUPS)


def test_the_hints_of_settings_speak_as_people_do():
    """A figure is «this many», not «so many»; what is off is said to be off."""
    with translation.override("en"):
        said = {one.key: f"{one.label} {one.help}" for one in all_policies()}
    assert not [key for key, words in said.items() if re.search(r"\b(so many|so much|so long|so often|whoever has|where not)\b", words, re.IGNORECASE)]
