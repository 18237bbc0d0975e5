"""The rules of style that a test can hold. Each names what it holds."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest
from django.apps import apps as registry
from django.conf import settings

from .source import PACKAGE, ROOT, Module, apps, functions, modules

LADDER = [
    ["project"], ["web", "notifications", "mailbox", "fairness"], ["casefiles"], ["chat"], ["remote", "classroom"], ["complaints"], ["cases"], ["tickets"], ["forum", "quotations", "campus"],
    ["activation"], ["downloads"], ["knowledge", "blog", "videos", "defects", "live", "sales"], ["charging", "search", "editor"], ["promotions"], ["contracts"], ["threads"],
    ["products", "ledger", "deadlines", "files", "agreements", "media"], ["people"], ["policies"], ["history"], ["ui", "kernel"],
]  # fmt: skip
RUNG = {app: number for number, rung in enumerate(LADDER) for app in rung}

# What may stand in an app's folder (style: «Inside an app»). Anything else is listed with its reason.
LAYOUT = {
    "__init__", "apps", "errors", "machine", "rules", "models", "access", "queries", "commands", "forms", "reactions",
    "tasks", "urls", "views", "policies",
}  # fmt: skip
EXTRA = {
    "payments": "the ways of paying, behind one interface",
    "bench": "the figures of the app for `amparo bench`",
    "words": "facts and states as sentences for people",
    "management": "Django's folder for management commands",
    "wagtail_hooks": "what an app shows in the editor: the name that Wagtail looks for",
}
WRITES = {
    "save", "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create",
    "select_for_update",
}  # fmt: skip
EDGES = {"views", "adapters", "tasks", "middleware", "management", "bench", "sessions", "lmtp", "broker"}


def offences(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def test_apps_depend_downwards_only():
    """Style 2: down is a call, up is a fact."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/lint-imports") if (ROOT / ".venv/bin/lint-imports").exists() else "lint-imports"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_every_app_has_a_rung():
    assert set(apps()) == set(RUNG)


def test_foreign_keys_climb_down():
    """Style 2: keys too; the user model is the only exception."""
    found = []
    for model in registry.get_models():
        if model._meta.app_label not in RUNG:
            continue
        for field in model._meta.get_fields():
            if not getattr(field, "many_to_one", False) and not getattr(field, "one_to_one", False):
                continue
            target = getattr(field, "related_model", None)
            if not field.concrete or target is None or target._meta.label == settings.AUTH_USER_MODEL:
                continue
            here, there = model._meta.app_label, target._meta.app_label
            if there in RUNG and here != there and RUNG[there] <= RUNG[here]:
                found.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    offences(found)


def _is_manager_write(node: ast.Call) -> bool:
    """A call that writes by a manager, a queryset or a row; a plain dict's or set's update is not one."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITES:
        return False
    source = ast.unparse(node.func.value)
    if node.func.attr in ("update", "create", "delete", "save", "get_or_create", "update_or_create"):
        return bool(re.search(r"\.objects\b|\.filter\(|\.all\(\)|visible_to\(", source)) or (
            node.func.attr == "save" and not re.search(r"image|picture|storage|session", source)
        )
    return True


def test_only_commands_write():
    """Style 3: one verb, one transaction, a fact on the record."""
    found = []
    for module in modules():
        if module.app in ("kernel", "ui", "project", "__main__") or module.layer in ("commands", "bench", "management"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _is_manager_write(node):
                found.append(f"{module.name}:{node.lineno} {ast.unparse(node.func)[:80]}")
    offences(found)


def test_no_clock_below_the_edge():
    """Style 4: the clock is read once, at the edge."""
    clocks = re.compile(r"\b(timezone\.now|datetime\.now|datetime\.utcnow|clock\.now|date\.today|timezone\.localdate\(\)|time\.time)\b")
    found = []
    for module in modules():
        if module.app in ("project", "ui") or module.layer in EDGES or module.name.endswith("kernel/clock.py"):
            continue
        for number, line in enumerate(module.text.splitlines(), 1):
            if clocks.search(line.split("#")[0]) and '"""' not in line:
                found.append(f"{module.name}:{number} {line.strip()[:90]}")
    offences(found)


def test_nothing_below_the_edge_knows_a_request():
    """Style 4"""
    below = {"rules", "machine", "models", "access", "queries", "commands", "reactions", "errors"}
    found = [
        f"{module.name}: {ast.unparse(node)}"
        for module in modules()
        if module.layer in below
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("django.http", "django.shortcuts")
        and not all(alias.name in ("Http404",) for alias in node.names)
    ]  # fmt: skip
    offences(found)


def test_rules_and_machines_are_pure():
    """Style 8: no database and no clock in a decision."""
    found = []
    for module in modules():
        if module.layer not in ("rules", "machine"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (
                (node.module or "").startswith("django.db") or node.module in ("models", "queries", "commands")
            ):
                found.append(f"{module.name}: {ast.unparse(node)}")
    offences(found)


def test_commands_take_actor_and_moment_last():
    """Style 4: `actor` and `at` are arguments, the last ones."""
    found = []
    for module in modules():
        if module.layer != "commands" or module.app == "history" or module.parts[-1] == "shared":
            continue
        for node in module.tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = [arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]]
            if "actor" in names and "at" in names and names[-2:] != ["actor", "at"]:
                found.append(f"{module.name}:{node.lineno} {node.name}({', '.join(names)})")
            elif "actor" in names and "at" not in names:
                found.append(f"{module.name}:{node.lineno} {node.name} takes an actor but no moment")
    offences(found)


def test_doors_have_docstrings():
    """Style 11"""
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules()
        if module.layer in ("commands", "access", "rules")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    offences(found)


def test_no_file_and_no_function_grows_out_of_hand():
    found = []
    for module in modules():
        lines = module.text.count("\n")
        if lines > 500:
            found.append(f"{module.name}: {lines} lines")
        for function in functions(module.tree):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > 60:
                found.append(f"{module.name}:{function.lineno} {function.name}: {length} lines")
    offences(found)


def _app_modules() -> list[Module]:
    return [m for m in modules() if m.app in RUNG and m.app not in ("kernel", "ui", "project")]


def test_apps_hold_what_the_layout_names():
    """Style, «Inside an app»: no drawer called utils."""
    named = {
        ("history", "subscriptions"), ("policies", "registry"), ("policies", "identity"), ("notifications", "kinds"),
        ("notifications", "letters"), ("notifications", "readers"), ("people", "backends"), ("people", "adapters"), ("people", "account_urls"),
        ("people", "middleware"), ("people", "sessions"), ("people", "letters"), ("contracts", "imports"),
        ("remote", "meshcentral"), ("editor", "adapters"), ("editor", "backends"), ("editor", "viewsets"),
        ("web", "statements"), ("web", "documents"), ("web", "phone"), ("web", "reports"), ("web", "public"), ("mailbox", "imap"), ("mailbox", "lmtp"),
        ("media", "gateway"), ("media", "rooms"),
        ("live", "ami"), ("live", "sip"), ("remote", "broker"),
    }  # fmt: skip
    found = [
        module.name
        for module in _app_modules()
        if len(module.parts) > 1
        and module.layer not in LAYOUT | set(EXTRA)
        and (module.app, module.layer) not in named
    ]
    offences(found)


@pytest.mark.parametrize("word", ["util", "utils", "helper", "helpers", "manager", "service", "services", "misc", "common", "handler"])
def test_no_module_is_a_drawer(word):
    """Style 10"""
    offences([m.name for m in modules() if word in m.parts])


def test_templates_hold_no_code_of_their_own():
    """Strict content policy: no inline handler, style or script; text is never marked safe in a page."""
    bad = re.compile(r"""\son[a-z]+\s*=\s*["']|\sstyle\s*=\s*["']|javascript:|<style\b""", re.I)
    found = []
    for path in sorted(PACKAGE.rglob("jinja2/**/*.html")):
        text = path.read_text(encoding="utf-8")
        in_mail = "mail" in path.parts or path.stem.endswith("_paper")
        for number, line in enumerate(text.splitlines(), 1):
            if not in_mail and bad.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number} {line.strip()[:90]}")
            if "<script" in line and not re.search(r"nonce|application/json|\bsrc=", line):
                found.append(f"{path.relative_to(ROOT)}:{number} script without nonce")
    offences(found)


def test_the_lock_files_name_no_address():
    """SEC-59: pinned by hash, and no registry's host is written down."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--hash=sha256:" in text
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    offences([f"{m.name}:{n}" for m in modules() for n, line in enumerate(m.text.splitlines(), 1) if marks.search(line)])


def test_what_becomes_a_number_is_asked_whether_it_is_one():
    """SEC-49: `"²".isdigit()` is true and `int("²")` raises; `isdecimal` is true for what `int` takes."""
    offences([
        f"{m.name}:{n}" for m in modules() for n, line in enumerate(m.text.splitlines(), 1)
        if ".isdigit()" in line and ".isascii()" not in line
    ])  # fmt: skip


def test_migrations_are_complete():
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
        capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, "AMPARO_BUILD": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_no_test_knows_the_figures_that_another_set(request):
    """What `tests/` shares with the apps comes by `import *`, which brings no name that begins with a line."""
    assert "fresh_policies" in request.fixturenames
