"""Posts in the editor."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel

from amparo.editor.viewsets import markdown_panel, register

from .models import Post

register(
    Post,
    icon="doc-full-inverse",
    order=110,
    columns=("title", "language", "product", "owner", "published_at"),
    search=("title", "summary", "tags"),
    panels=[
        FieldPanel("title"),
        markdown_panel("summary", 2),
        HelpPanel(content=_("Write Markdown: **bold**, - lists, 1. steps, `code`, [words](address). Pictures are added on the desk's page of the post.")),
        markdown_panel("body", 18),
        FieldPanel("tags"),
    ],
)
