"""Prepared answers. TKT-1, SEC-19."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.threads import access
from amparo.threads.models import AnswerTemplate
from amparo.threads.rules import clean_line, clean_text, unknown_fields


@transaction.atomic
def add_template(*, title: str, language: str, body: str, actor: Actor, at: datetime) -> AnswerTemplate:
    """Add a prepared answer. Raises NotPermitted, Invalid."""
    template = AnswerTemplate(created_by_id=actor.user_id, created_at=at)
    return _saved(template, title, language, body, True, "answer_template.added", actor, at)


@transaction.atomic
def change_template(
    template: AnswerTemplate, *, title: str, language: str, body: str, is_active: bool, actor: Actor, at: datetime
) -> AnswerTemplate:
    """Change a prepared answer, or put it away. What was sent with it stays as it was. Raises NotPermitted, Invalid."""
    template = AnswerTemplate.objects.select_for_update().get(pk=template.pk)
    return _saved(template, title, language, body, is_active, "answer_template.changed", actor, at)


def _saved(
    template: AnswerTemplate, title: str, language: str, body: str, is_active: bool, fact: str, actor: Actor, at: datetime
) -> AnswerTemplate:
    if not access.may_edit_templates(actor):
        raise NotPermitted()
    title, body = clean_line(title, 120), clean_text(body)
    if not title:
        raise Invalid(_("Give the template a name."), field="title")
    if not body:
        raise Invalid(_("Write the text of the template."), field="body")
    if wrong := unknown_fields(body):
        raise Invalid(
            _("There is no field {%(name)s}. Use {customer}, {number}, {person} or {product}.") % {"name": wrong[0]},
            field="body",
        )
    template.title, template.language, template.body = title, language, body
    template.is_active, template.updated_at = is_active, at
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise Invalid(_("There is a template by this name already. Choose another name."), field="title") from None
    record(fact, subject=template, actor=actor, at=at, title=title, language=language, is_active=is_active)
    return template
