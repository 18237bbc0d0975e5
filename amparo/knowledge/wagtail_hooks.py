"""Articles in the editor."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column

from amparo.editor.viewsets import markdown_panel, register

from .models import Article

register(
    Article,
    icon="doc-full",
    order=100,
    columns=("title", "kind", "language", "product", "owner", Column("review_on", label=_("To be read again"), sort_key="review_on")),
    filters=("live", "kind", "language", "audience", "product", "theme", "owner"),
    search=("title", "codes", "summary"),
    panels=[
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("theme")]),
        FieldPanel("codes"),
        FieldPanel("summary"),
        HelpPanel(content=_("Write Markdown: **bold**, - lists, 1. steps, `code`, [words](address). Empty parts are not shown.")),
        markdown_panel("symptom"),
        markdown_panel("cause"),
        markdown_panel("solution"),
        markdown_panel("steps"),
        markdown_panel("intro"),
        FieldPanel("sources"),
    ],
    more=[
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("from_release"), FieldPanel("to_release")]), FieldPanel("review_days")],
            heading=_("Versions and review"),
        ),
    ],
)
