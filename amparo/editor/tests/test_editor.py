"""The editor: who enters, what of Wagtail is there, who may publish what, and that nothing of a draft runs. SEC-1, SEC-23, SEC-53."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import import_module

import pytest
from django.apps import apps as registry
from django.urls import NoReverseMatch, reverse
from wagtail.models import Task, Workflow

from amparo.conftest import NOON, make_staff
from amparo.editor import access, urls
from amparo.editor import commands as editor
from amparo.editor.errors import OwnWork
from amparo.kernel.actor import ROLES, SYSTEM
from amparo.knowledge.models import Article
from amparo.people.models import User
from amparo.policies.commands import set_value

ROOT = "/desk/editor/"


@pytest.fixture
def edith(db):
    return make_staff("Edith Editora", "editor")


@pytest.fixture
def other_editor(db):
    return make_staff("Otto Editor", "editor")


@pytest.fixture
def draft(edith):
    article = Article(title="No timbra", solution="Corrija", kind="problem")
    editor.save_draft(article, actor=edith, at=NOON)
    return article


def _form(article: Article, **changed: object) -> dict[str, object]:
    fields = ("title", "kind", "codes", "summary", "symptom", "cause", "solution", "steps", "intro", "sources", "audience", "language", "review_days")
    return {name: getattr(article, name) for name in fields} | {"product": "", "theme": "", "owner": "", "from_release": "", "to_release": "",
            "go_live_at": "", "expire_at": ""} | changed  # fmt: skip


def _addresses(article: Article) -> list[tuple[str, str]]:
    """Every address that Wagtail brings, with values that exist where we have them."""
    revision = article.latest_revision_id
    values = {"pk": article.pk, "revision_id": revision, "revision_id_a": "live", "revision_id_b": str(revision), "action_name": "approve",
              "task_state_id": 1, "workflow_state_id": 1, "task_id": 1, "object_id": article.pk}  # fmt: skip
    found = []
    for name, pattern in urls.patterns():
        given = {one: values.get(one, 1) for one in pattern.pattern.regex.groupindex}
        try:
            found.append((name, reverse(name, kwargs=given)))
        except NoReverseMatch:
            found.append((name, ""))
    return [(name, url) for name, url in found if url]


def test_every_address_of_wagtail_as_every_role(draft, client_for, registered, contact):
    """SEC-1, SEC-7, SEC-53: who is no editor gets nothing of it; an editor gets what is named, all else does not exist."""
    addresses = _addresses(draft)
    assert len(addresses) > 120
    who = {role: make_staff(f"Persona {role}", role) for role in ROLES}
    outsiders = {"registered": (registered, 404), "contact": (contact, 404)} | {
        role: (actor, 403) for role, actor in who.items() if role not in ("editor", "administrator")
    }
    for name, (actor, status) in outsiders.items():
        client = client_for(actor)
        got = {address: client.get(url).status_code for address, url in addresses}
        assert set(got.values()) == {status}, (name, {k: v for k, v in got.items() if v != status})
    for role in ("editor", "administrator"):
        client = client_for(who[role])
        client.raise_request_exception = False
        for name, url in addresses:
            status = client.get(url).status_code
            if urls.is_open(name):
                assert status in (200, 302, 400, 404, 405), (role, name, status)
            elif name in urls.OURS or name == "wagtailadmin_home":
                assert status == 302, (role, name, status)
            else:
                assert status == 404, (role, name, status)


def test_a_visitor_is_sent_to_our_own_sign_in(draft, client):
    """SEC-1"""
    for _name, url in _addresses(draft):
        answer = client.get(url)
        assert answer.status_code == 302 and answer["Location"].startswith("/account/login/"), url


def test_posting_is_refused_as_reading_is(draft, client_for, engineer, contact):
    """SEC-53"""
    for actor, status in ((engineer, 403), (contact, 404)):
        client = client_for(actor)
        assert {client.post(url, {"title": "x"}).status_code for _name, url in _addresses(draft)} == {status}
    draft.refresh_from_db()
    assert draft.title == "No timbra" and not draft.live


def test_nobody_before_the_second_factor(draft, client_for, edith, settings):
    """SEC-1: the password alone opens nothing of the editor."""
    set_value("people.mfa_required_for_staff", True, from_at=NOON, actor=SYSTEM, at=NOON)
    client = client_for(edith)
    for url in (ROOT + "articles/", ROOT + f"articles/edit/{draft.pk}/", ROOT + "sprite/", ROOT + "login/", ROOT + "jsi18n/"):
        answer = client.get(url)
        assert answer.status_code == 302 and "/account/2fa/" in answer["Location"], url


@pytest.mark.parametrize("name", ["wagtailusers_users:index", "wagtailusers_groups:index", "wagtailadmin_workflows:add", "wagtailadmin_pages:add_subpage",
                                  "wagtailadmin_password_reset", "wagtailadmin_collections:index", "wagtail_bulk_action", "wagtailadmin_api:pages:listing"])  # fmt: skip
def test_nobody_manages_people_groups_pages_or_workflows_there(name, edith, administrator, client_for, draft):
    """SEC-53: nobody grants what he lacks; our own screens do it."""
    known = dict(_addresses(draft))
    assert name not in known or all(client_for(who).get(known[name]).status_code == 404 for who in (edith, administrator))


@pytest.mark.parametrize("permission", ["people.change_user", "auth.add_group", "wagtailcore.add_page", "wagtailcore.add_workflow", "wagtailadmin.x",
                                        "knowledge.delete_article", "knowledge.change_theme", "threads.change_entry", ""])  # fmt: skip
def test_wagtail_is_told_no_for_all_but_what_editors_edit(permission, edith, administrator, engineer):
    """SEC-53"""
    for actor in (edith, administrator, engineer):
        assert not User.objects.get(pk=actor.user_id).has_perm(permission)


def test_a_right_that_is_taken_away_is_gone_at_the_next_click(draft, client_for, edith):
    """SEC-6, SEC-53"""
    from amparo.people.models import StaffRole

    client = client_for(edith)
    assert client.get(ROOT + "articles/").status_code == 200
    StaffRole.objects.filter(user_id=edith.user_id).update(role="sales")
    assert client.get(ROOT + "articles/").status_code == 403


def test_publishing_in_the_editor_runs_our_command(draft, client_for, edith, facts):
    """SRC-2"""
    answer = client_for(edith).post(f"{ROOT}articles/edit/{draft.pk}/", _form(draft, solution="Con **fuerza**", **{"action-publish": "1"}))
    assert answer.status_code == 302
    stored = Article.objects.get(pk=draft.pk)
    assert stored.live and stored.rendered == [["solution", "<p>Con <strong>fuerza</strong></p>\n"]] and stored.owner_id == edith.user_id
    assert facts(stored)[-1] == "article.published"


def test_taking_back_in_the_editor_runs_our_command(draft, client_for, edith, facts):
    """SRC-2, SEC-11"""
    editor.publish(draft, actor=edith, at=NOON)
    assert client_for(edith).post(f"{ROOT}articles/unpublish/{draft.pk}/").status_code == 302
    assert facts(draft)[-1] == "article.taken_back" and not Article.objects.get(pk=draft.pk).live


def test_the_list_offers_nothing_for_many_at_once_and_says_its_columns(draft, client_for, edith):
    """SEC-53: the one thing that Wagtail does with many is to delete them."""
    page = client_for(edith).get(f"{ROOT}articles/").content.decode()
    assert draft.title in page and 'data-bulk-action-checkbox' not in page
    assert "Review on" not in page


def test_a_wrong_code_or_source_stands_beside_its_field(draft, client_for, edith):
    """SRC-2, SRC-5"""
    answer = client_for(edith).post(f"{ROOT}articles/edit/{draft.pk}/", _form(draft, sources="SAT | javascript:alert(1)", **{"action-publish": "1"}))
    assert answer.status_code == 200 and "javascript" in answer.content.decode()
    assert not Article.objects.get(pk=draft.pk).live


def test_one_language_twice_is_told_beside_its_field(draft, client_for, edith):
    """SRC-2, SRC-3"""
    editor.publish(draft, actor=edith, at=NOON)
    english = Article(title="No stamp", solution="Mend", kind="problem", language="en", translation_group=draft.translation_group)
    editor.save_draft(english, actor=edith, at=NOON)
    answer = client_for(edith).post(f"{ROOT}articles/edit/{english.pk}/", _form(english, language="es", **{"action-publish": "1"}))
    assert answer.status_code == 200 and "ya está publicado en este idioma" in answer.content.decode()
    answer = client_for(edith).post(f"{ROOT}articles/edit/{english.pk}/", _form(english, **{"action-publish": "1"}))
    assert answer.status_code == 302 and Article.objects.get(pk=english.pk).live


@pytest.fixture
def approval(db):
    """The one approval, put back where a test before took away what the migration laid."""
    if not Workflow.objects.filter(active=True).exists():
        import_module("amparo.editor.migrations.0002_one_approval").add(registry, None)


@pytest.mark.usefixtures("approval")
def test_one_editor_asks_and_another_approves(draft, client_for, edith, other_editor):
    """SEC-53, SRC-2: nobody approves what he himself sent."""
    client_for(edith).post(f"{ROOT}articles/edit/{draft.pk}/", _form(draft, **{"action-submit": "1"}))
    state = draft.current_workflow_state
    assert state is not None and state.current_task_state.task.specific.__class__.__name__ == "ReviewByAnother"
    approve = reverse("editor_article:workflow_action", args=[draft.pk, "approve", state.current_task_state_id])
    own = client_for(edith).post(approve, {"comment": ""})
    assert own.status_code in (302, 403) and not Article.objects.get(pk=draft.pk).live
    assert client_for(other_editor).post(approve, {"comment": ""}).status_code in (200, 302)
    assert Article.objects.get(pk=draft.pk).live


@pytest.mark.usefixtures("approval")
def test_there_is_one_approval_and_it_knows_no_groups(db):
    """SEC-53"""
    assert [one.name for one in Workflow.objects.filter(active=True)] == ["Revisión por otra persona editora"]
    assert [one.specific.__class__.__name__ for one in Task.objects.filter(active=True)] == ["ReviewByAnother"]


def test_a_lock_holds_other_editors_back(draft, client_for, edith, other_editor):
    """SRC-2"""
    assert client_for(edith).post(f"{ROOT}articles/lock/{draft.pk}/").status_code == 302
    client_for(other_editor).post(f"{ROOT}articles/edit/{draft.pk}/", _form(draft, title="Otro", **{"action-publish": "1"}))
    stored = Article.objects.get(pk=draft.pk)
    assert stored.locked and stored.title == "No timbra" and not stored.live


@pytest.mark.usefixtures("approval")
def test_what_one_wrote_alone_another_publishes(draft, client_for, edith, other_editor):
    """SRC-2, SEC-53: where there are two editors; the form offers no publishing and keeps what was typed as a draft."""
    mine, address = client_for(edith), f"{ROOT}articles/edit/{draft.pk}/"
    assert 'name="action-publish"' not in mine.get(address).content.decode()
    answer = mine.post(address, _form(draft, solution="Escrito a solas", **{"action-publish": "1"}), follow=True)
    stored = Article.objects.get(pk=draft.pk)
    assert not stored.live and stored.get_latest_revision_as_object().solution == "Escrito a solas"
    assert "otra persona editora lo publica" in answer.content.decode()
    with pytest.raises(OwnWork):
        editor.publish(stored, actor=edith, at=NOON)
    theirs = client_for(other_editor)
    assert 'name="action-publish"' in theirs.get(address).content.decode()
    assert editor.publish(stored, actor=other_editor, at=NOON).live


@pytest.mark.usefixtures("approval")
def test_whoever_asked_for_the_review_does_not_publish_past_it(draft, client_for, edith, other_editor):
    """SRC-2, SEC-53: also where somebody else wrote; nor does who wrote approve what another sent."""
    client_for(other_editor).post(f"{ROOT}articles/edit/{draft.pk}/", _form(draft, **{"action-submit": "1"}))
    with pytest.raises(OwnWork):
        editor.publish(Article.objects.get(pk=draft.pk), actor=other_editor, at=NOON)
    assert access.is_own_work(Article.objects.get(pk=draft.pk), other_editor.user_id)
    assert not access.is_own_work(Article.objects.get(pk=draft.pk), edith.user_id)  # both wrote: either may look at the other's


@pytest.mark.parametrize(("setting", "editors", "asked"), [("several", 1, False), ("several", 2, True), ("always", 1, True), ("never", 2, False)])
def test_the_setting_says_when_another_is_asked_for(draft, edith, setting, editors, asked):
    """SRC-2"""
    for number in range(1, editors):
        make_staff(f"Persona {number}", "editor")
    set_value("editor.second_pair", setting, from_at=NOON, actor=SYSTEM, at=NOON)
    assert access.wants_another(draft, edith, at=NOON) is asked
    assert not access.wants_another(draft, SYSTEM, at=NOON)


def _loaded(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="(loaded_revision\w+)"[^>]*value="([^"]*)"', page))


@pytest.mark.usefixtures("approval")
@pytest.mark.parametrize("how", ["form", "button"])
def test_what_is_typed_while_another_approves_is_kept(draft, client_for, edith, other_editor, how):
    """SRC-2: the page that stood open saves on, as a new draft above what was approved."""
    mine, theirs, address = client_for(edith), client_for(other_editor), f"{ROOT}articles/edit/{draft.pk}/"
    mine.post(address, _form(draft, **{"action-submit": "1"}))
    loaded, state = _loaded(mine.get(address).content.decode()), draft.current_workflow_state
    if how == "form":
        theirs.post(address, _form(draft, **_loaded(theirs.get(address).content.decode()), **{"action-workflow-action": "1", "workflow-action-name": "approve"}))
    else:
        theirs.post(reverse("editor_article:workflow_action", args=[draft.pk, "approve", state.current_task_state_id]), {"comment": ""})
    approved = Article.objects.get(pk=draft.pk)
    assert approved.live and approved.solution == "Corrija"
    saved = mine.post(address, _form(draft, solution="Lo que escribía", **loaded), headers={"accept": "application/json"})
    assert saved.status_code == 200, saved.content
    again = mine.post(address, _form(draft, solution="Y más", overwrite_revision_id=saved.json()["revision_id"]), headers={"accept": "application/json"})
    stored = Article.objects.get(pk=draft.pk)
    assert again.status_code == 200 and stored.get_latest_revision_as_object().solution == "Y más" and stored.solution == "Corrija"
    assert stored.live_revision.content["solution"] == "Corrija"


@pytest.mark.usefixtures("approval")
def test_an_autosave_never_writes_over_what_went_live(draft, client_for, edith, other_editor):
    """SRC-2: of a page whose own saved revision was approved meanwhile."""
    mine, address = client_for(edith), f"{ROOT}articles/edit/{draft.pk}/"
    mine.post(address, _form(draft, **{"action-submit": "1"}))
    begun = mine.post(address, _form(draft, solution="Uno", **_loaded(mine.get(address).content.decode())), headers={"accept": "application/json"}).json()
    state = draft.current_workflow_state
    client_for(other_editor).post(reverse("editor_article:workflow_action", args=[draft.pk, "approve", state.current_task_state_id]), {"comment": ""})
    assert Article.objects.get(pk=draft.pk).solution == "Uno"
    after = mine.post(address, _form(draft, solution="Dos", overwrite_revision_id=begun["revision_id"]), headers={"accept": "application/json"})
    stored = Article.objects.get(pk=draft.pk)
    assert after.status_code == 200 and after.json()["revision_id"] != begun["revision_id"]
    assert stored.live_revision.content["solution"] == "Uno" and stored.get_latest_revision_as_object().solution == "Dos"


def test_an_autosave_still_refuses_what_another_wrote(draft, client_for, edith, other_editor):
    """SRC-2: what would be written over is said, and stands; the page keeps what was typed."""
    mine, address = client_for(edith), f"{ROOT}articles/edit/{draft.pk}/"
    loaded = _loaded(mine.get(address).content.decode())
    client_for(other_editor).post(address, _form(draft, solution="De otra mano"))
    refused = mine.post(address, _form(draft, solution="Mía", **loaded), headers={"accept": "application/json"})
    assert refused.status_code == 400 and refused.json()["error_code"] == "invalid_revision"
    assert Article.objects.get(pk=draft.pk).get_latest_revision_as_object().solution == "De otra mano"


EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))", "<svg/onload=alert(1)>", "<a href='javascript:alert(1)'>x</a>", "`</code><script>alert(1)</script>`",
    "{{ 7*7 }}{% debug %}", "\u202e<style>*{display:none}</style>",
]  # fmt: skip


class Trap(HTMLParser):
    """Collects what would run: scripts that are not ours, handlers, addresses that are code, frames and styles of strangers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and not ({"src", "nonce"} & set(given)) and "json" not in given.get("type", ""):
            self.found.append(self.get_starttag_text() or tag)
        for name, value in given.items():
            code = re.match(r"\s*(javascript|data:text|vbscript)", value, re.I) and name in ("href", "src", "action", "formaction")
            if (name.startswith("on") and "alert" in value) or code:
                self.found.append(self.get_starttag_text() or tag)
        if tag == "svg" and any(name.startswith("on") for name in given):
            self.found.append(tag)


def test_what_a_junior_editor_writes_is_inert_everywhere(draft, client_for, client, edith):
    """SEC-21, SEC-23: in the editor's list and form, in its preview, on the public page, in its comparison."""
    mine, evil = client_for(edith), "\n\n".join(EVIL)
    given = _form(draft, title=EVIL[0] + EVIL[1] + EVIL[5], summary=evil, solution=evil, symptom=evil, codes="", **{"action-publish": "1"})
    assert mine.post(f"{ROOT}articles/edit/{draft.pk}/", given).status_code == 302
    mine.post(f"{ROOT}articles/preview/{draft.pk}/", given)
    stored = Article.objects.get(pk=draft.pk)
    pages = {
        "list": mine.get(f"{ROOT}articles/"), "form": mine.get(f"{ROOT}articles/edit/{draft.pk}/"),
        "history": mine.get(f"{ROOT}articles/history/{draft.pk}/"), "preview": mine.get(f"{ROOT}articles/preview/{draft.pk}/"),
        "compare": mine.get(f"{ROOT}articles/history/{draft.pk}/revisions/compare/earliest...live/"),
        "public": client.get(f"/knowledge/{draft.pk}-{stored.slug}/"), "desk": mine.get(f"/desk/knowledge/articles/{draft.pk}/"),
    }  # fmt: skip
    for name, page in pages.items():
        assert page.status_code == 200, (name, page.status_code)
        trap = Trap()
        trap.feed(page.content.decode())
        assert trap.found == [], name


def test_the_policy_of_the_editor_lets_nothing_inline_run(draft, client_for, edith):
    """SEC-21, SEC-23"""
    page = client_for(edith).get(f"{ROOT}articles/edit/{draft.pk}/")
    rules = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
    assert rules["script-src"] == "'self'" and rules["frame-ancestors"] == "'none'" and rules["default-src"] == "'none'"
    mine = client_for(edith)
    mine.post(f"{ROOT}articles/preview/{draft.pk}/", _form(draft))
    preview = mine.get(f"{ROOT}articles/preview/{draft.pk}/")
    rules = dict(part.split(" ", 1) for part in preview["Content-Security-Policy"].split("; "))
    assert rules["script-src"] == "'none'" and rules["frame-ancestors"] == "'self'" and preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in preview["Cache-Control"]


def test_wagtail_asks_nobody_outside(draft, client_for, edith):
    """SEC-57: no update check, no portraits from elsewhere."""
    page = client_for(edith).get(f"{ROOT}articles/edit/{draft.pk}/").content.decode()
    assert "gravatar" not in page and "releases.wagtail.org" not in page and "wagtail.org/latest" not in page


def test_only_staff_are_offered_as_owners(draft, client_for, edith, contact):
    """ACC-11, SEC-53"""
    page = client_for(edith).get(f"{ROOT}articles/edit/{draft.pk}/").content.decode()
    owners = re.search(r'<select name="owner".*?</select>', page, flags=re.S)
    assert owners and "Edith Editora" in owners[0] and "Lupita Romero" not in owners[0]


def test_only_what_editors_edit_is_open():
    """SEC-53: the table of what is open names models that exist."""
    assert "knowledge.article" in access.EDITABLE
    assert not urls.is_open("wagtailsnippets:index") and not urls.is_open("editor_article:delete") and not urls.is_open("editor_article:usage")


def test_editors_write_in_their_own_language(draft, client_for):
    """SRC-2: the interface follows the person."""
    for language, word in (("es-mx", "Guardar borrador"), ("en", "Save draft")):
        someone = make_staff(f"Persona {language}", "editor")
        User.objects.filter(pk=someone.user_id).update(language=language)
        assert word in client_for(someone).get(f"{ROOT}articles/edit/{draft.pk}/").content.decode()
