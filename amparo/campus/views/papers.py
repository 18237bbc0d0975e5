"""Certificates as PDF, their verification by anybody, and live classes as calendar files. SRC-4."""

from __future__ import annotations

from datetime import timedelta

import segno
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amparo.campus import access, queries, words
from amparo.campus.models import Certificate, ClassDate
from amparo.campus.rules.certificates import normal
from amparo.kernel import icalendar
from amparo.kernel.documents import pdf
from amparo.kernel.refusals import LimitReached
from amparo.ui.views import signed_in

from .shared import own

WRONG_MAX, WINDOW_SECONDS = 20, 600


@require_safe
@signed_in
def certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """A certificate on paper, with the code that a stranger scans: for its holder, his company, and staff. ACC-11."""
    rows = Certificate.objects.filter(enrolment__in=access.enrolments_visible_to(request.actor)).select_related("product", "course")
    one = get_object_or_404(rows, pk=certificate_id)
    address = settings.PUBLIC_URL.rstrip("/") + reverse("campus:verified", args=[one.shown_code])
    language = translation.get_language() or "es-mx"
    context = {
        "one": one, "address": address, "language": language, "at": request.now,
        "code": segno.make(address, error="m").svg_inline(scale=4, border=0, dark="#14403f"),
    }  # fmt: skip
    name = f"{_('certificate')}-{one.shown_code}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(pdf("campus/certificate_paper.html", context), content_type="application/pdf", headers=headers)


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """A field for the code of a certificate."""
    typed = request.GET.get("code", "")[:60]
    if typed:
        return redirect("campus:verified", normal(typed) or "-")
    return render(request, "campus/portal/verify.html", {"code": "", "found": None, "says": words})


@require_safe
@never_cache
def verified(request: HttpRequest, code: str) -> HttpResponse:
    """What a certificate says, to whoever has its code; wrong codes are counted by address and then not looked at. SEC-45."""
    mark = f"campus-verify:{request.META.get('REMOTE_ADDR', '')}"
    if int(cache.get(mark, 0)) >= WRONG_MAX:
        raise LimitReached
    found = queries.verified(code, at=request.now)
    if found is None:
        cache.add(mark, 0, WINDOW_SECONDS)
        try:
            cache.incr(mark)
        except ValueError:
            cache.set(mark, 1, WINDOW_SECONDS)
    context = {"code": code[:60] if code != "-" else "", "found": found, "says": words, "tried": True}
    return render(request, "campus/portal/verify.html", context, status=200 if found else 404)


@require_safe
@signed_in
def calendar(request: HttpRequest, enrolment_id: int, date_id: int) -> HttpResponse:
    """A live class as a file for one's calendar."""
    enrolment = own(request, enrolment_id)
    one: ClassDate | None = next((row for row in queries.classes_of(enrolment) if row.pk == date_id), None)
    if one is None:
        raise Http404
    address = settings.PUBLIC_URL.rstrip("/") + reverse("campus:lesson", args=[enrolment_id, one.lesson_id])
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Amparo//Campus//ES", "METHOD:PUBLISH", "BEGIN:VEVENT", f"UID:{one.uid}@campus",
        f"DTSTAMP:{icalendar.moment(request.now)}", f"DTSTART:{icalendar.moment(one.starts_at)}", f"DTEND:{icalendar.moment(one.starts_at + timedelta(minutes=one.minutes))}",
        f"SUMMARY:{icalendar.text(f'{one.lesson.title} · {enrolment.course.title}')}", f"LOCATION:{icalendar.text(one.place)}", f"URL:{address}",
        "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT30M", f"DESCRIPTION:{icalendar.text(one.lesson.title)}", "END:VALARM", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return HttpResponse(icalendar.file(lines), content_type="text/calendar; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="clase-{one.pk}.ics"'})
