"""How an edited thing stands in the editor: its list, form, history, approval. Called from an app's `wagtail_hooks.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TabbedInterface,
)
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, UnpublishView

from amparo.people.models import StaffRole, User
from amparo.products.models import Release

from .access import EDITABLE
from .models import Edited
from .views import ChangeView, NewView


class EditedForm(WagtailAdminModelForm):
    """The form of an edited thing: its owner is somebody of the staff, and a version says of which product."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            queryset = getattr(field, "queryset", None)
            if queryset is None:
                continue
            if queryset.model is User:
                field.queryset = queryset.filter(pk__in=StaffRole.objects.values("user_id"), is_active=True).order_by("name", "pk")
            elif queryset.model is Release:
                field.queryset = queryset.select_related("product").order_by("product__name", "-released_on", "-pk")
                field.label_from_instance = lambda one: f"{one.product.name} {one.version}"


class ListView(IndexView):
    """The list, without boxes to tick: all that Wagtail does with many at once is to delete them, which nobody may."""

    @cached_property
    def columns(self) -> list[Any]:
        return list(super().columns[1:])


class TakeBackView(UnpublishView):
    """Takes back through the model, so that the app's command is told."""

    def unpublish(self) -> None:
        for one in self.objects_to_unpublish:
            one.unpublish(user=self.request.user)


def markdown_panel(name: str, rows: int = 6) -> FieldPanel:
    """A field of Markdown: plain text that grows with what is written; how it will look is in the preview."""
    return FieldPanel(name, widget=AdminAutoHeightTextInput(attrs={"rows": rows, "spellcheck": "true"}))


def register(
    model: type[Edited],
    *,
    panels: Sequence[Any],
    icon: str,
    order: int,
    columns: Sequence[Any] = (),
    filters: Sequence[str] = ("live", "language", "audience", "product", "owner"),
    search: Sequence[str] = ("title",),
    more: Sequence[Any] = (),
) -> None:
    """Let editors edit a model. `panels` are of its text; `more` goes to the second tab, beside audience and owner.

    Called from an app's `wagtail_hooks.py`, so that only the process that serves pages loads the editor's forms.
    """
    publication = [
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("audience"), FieldPanel("product")]), FieldRowPanel([FieldPanel("language"), FieldPanel("owner")])],
            heading=_("Who reads it, and who looks after it"),
        ),
        *more,
        PublishingPanel(),
    ]
    edit = TabbedInterface(
        [ObjectList(list(panels), heading=_("Text")), ObjectList(publication, heading=_("Publication"))],
        base_form_class=EditedForm,
    )
    settings: dict[str, Any] = {
        "model": model,
        "icon": icon,
        "menu_order": order,
        "add_to_admin_menu": True,
        "edit_handler": edit,
        "list_display": list(columns) or ["__str__", "language", "owner"],
        "list_filter": list(filters),
        "search_fields": list(search),
        "search_backend_name": None,
        "copy_view_enabled": False,
        "inspect_view_enabled": False,
        "list_per_page": 50,
        "index_view_class": ListView,
        "add_view_class": NewView,
        "edit_view_class": ChangeView,
        "unpublish_view_class": TakeBackView,
        "admin_url_namespace": f"editor_{model._meta.model_name}",
        "base_url_path": f"{model._meta.model_name}s",
        "chooser_admin_url_namespace": f"editor_choose_{model._meta.model_name}",
        "chooser_base_url_path": f"choose/{model._meta.model_name}s",
    }
    register_snippet(type(f"{model.__name__}Views", (SnippetViewSet,), settings))
    EDITABLE[f"{model._meta.app_label}.{model._meta.model_name}"] = order
