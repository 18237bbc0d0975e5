"""One page under a name."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

PAGES: dict[str, dict[str, Any]] = {}  # name -> statement, its parameters, and the pieces of the bytes to show


@login_required
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for the rows, show the page."""
    known = PAGES[name]
    with connection.cursor() as cursor:
        cursor.execute(known["sql"], known["given"])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return render(request, "lean/page.html", {"rows": rows, "pieces": known["pieces"]})


urlpatterns = [path("page/<name>/", page)]
