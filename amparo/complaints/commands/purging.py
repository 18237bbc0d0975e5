"""Emptying the complaints of a case whose time is over. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.complaints.models import Complaint, Opinion, Ruling, RulingDraft, Statement
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

PURGED = "—"  # stands where a text must not be empty


@transaction.atomic
def purge(case_id: int, *, actor: Actor, at: datetime) -> int:
    """Empty what was said, asked, answered and reasoned in the complaints of a case that is purged; return how many. CAS-2.

    Numbers, moments, who judged, how each ended, the signature of an opinion and every amount stay. The case's
    conversation is purged before. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(case=case_id)
    ids = []
    for complaint in Complaint.objects.filter(case_id=case_id):
        ids.append(complaint.pk)
        if any(one["words"] for one in complaint.dispute):
            Complaint.objects.filter(pk=complaint.pk).update(dispute=[one | {"words": ""} for one in complaint.dispute])
    Statement.objects.filter(complaint__in=ids).update(body="", body_html="", author_name="")
    answered = Opinion.objects.filter(complaint__in=ids, answered_at__isnull=False)
    answered.update(question="", question_html="", body=PURGED, body_html="", answered_name="")
    Opinion.objects.filter(complaint__in=ids, answered_at__isnull=True).update(question="", question_html="")
    Ruling.objects.filter(complaint__in=ids).exclude(measure="").update(measure=PURGED)
    Ruling.objects.filter(complaint__in=ids).exclude(reasons="").update(reasons=PURGED, reasons_html="", by_name="")
    RulingDraft.objects.filter(complaint__in=ids).delete()
    return len(ids)
