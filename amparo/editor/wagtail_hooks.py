"""The editor's frame: its menu, our accent, our script for dates, and no letters of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

from .access import EDITABLE, wants_another
from .adapters import actor_for, now
from .models import Edited

# Letters go through our own outbox to whom they concern, never out of the middle of a request.
task_submitted.disconnect(dispatch_uid="group_approval_task_submitted_email_notification", sender=TaskState)
for signal, which in ((workflow_submitted, "submitted"), (workflow_rejected, "rejected"), (workflow_approved, "approved")):
    signal.disconnect(dispatch_uid=f"workflow_state_{which}_email_notification", sender=WorkflowState)


@hooks.register("construct_main_menu", order=1000)
def keep_what_is_ours(request: HttpRequest, items: list[Any]) -> None:
    """Our things and the way back; nothing about people, sites, pages, reports or settings."""
    ours = tuple(f"/{model.partition('.')[2]}s/" for model in EDITABLE)
    items[:] = [item for item in items if item.name == "desk" or str(getattr(item, "url", "")).endswith(ours)]


@hooks.register("register_admin_menu_item")
def back_to_desk() -> MenuItem:
    return MenuItem(_("Back to the desk"), reverse("desk_web:queue"), name="desk", icon_name="arrow-left", order=10_000)


@hooks.register("insert_global_admin_css")
def our_accent() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("editor/editor.css"))


@hooks.register("insert_global_admin_js")
def our_dates() -> str:
    return format_html('<script src="{}" defer></script>', static("editor/dates.js"))


@hooks.register("construct_snippet_action_menu")
def another_publishes(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Offer no publishing to who wrote it alone, where another publishes it. SRC-2, SEC-53."""
    if context.get("view") not in ("create", "edit", "revisions_revert"):
        return
    thing = context.get("instance") or context["model"]()
    if isinstance(thing, Edited) and wants_another(thing, actor_for(request.user), at=now()):
        items[:] = [item for item in items if item.name != "action-publish"]
