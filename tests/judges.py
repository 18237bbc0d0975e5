"""What no answer of the service may be: each judge hears every answer of the walk and gives the faults that it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

from django.apps import apps

from . import outline
from .matrix import STANDINGS, Answer

Judge = Callable[[Answer], Iterator[str]]
OWN_ADDRESS = re.compile(r"^(account_logout|mfa_|account_|unnamed$)")  # the page of one's own secrets shows them


def all_of_them() -> dict[str, Judge]:
    """Return the judges by name; the one for secrets knows those that the database holds now."""
    return {
        "writes": writes, "headers": headers, "secrets": Secrets.of_the_database(), "tenants": tenants, "notes": notes, "english": english, "outline": outlines,
    }  # fmt: skip


# ---------------------------------------------------------------------------- reading


def writes(answer: Answer) -> Iterator[str]:
    """Reading writes nothing, but that somebody signed in was here. SEC-34, SEC-54, SEC-60."""
    if answer.method in ("GET", "HEAD"):
        yield from (sql[:200] for sql in answer.writes if answer.who == "anonymous" or "django_session" not in sql)


# ---------------------------------------------------------------------------- what an answer says about itself


def headers(answer: Answer) -> Iterator[str]:
    """SEC-12, SEC-60"""
    if answer.route.name in PUBLIC and answer.response.status_code == 200:
        return
    if answer.method == "GET" and answer.who in ("anonymous", "company_admin", "administrator"):
        yield from complaints(answer.route.name, answer.response, used_session=answer.who != "anonymous")


def complaints(name, answer, *, used_session):
    """Yield what an answer lacks. SEC-12, SEC-60."""
    head = answer.headers
    policy = head.get("Content-Security-Policy", "")
    html = head.get("Content-Type", "").startswith("text/html")
    framed_by = FRAMED.get(name, "'none'") if answer.status_code == 200 else "'none'"
    if f"frame-ancestors {framed_by}" not in policy.split("; ") and "sandbox" not in policy:
        yield f"{name}: may be framed: {policy!r}"
    if "unsafe" in policy or "*" in policy.replace("'nonce-", ""):
        yield f"{name}: the policy is loose: {policy}"
    if html and answer.status_code == 200 and not answer.streaming:
        scripts = re.findall(r"<script\b[^>]*>", answer.content.decode())
        nonces = re.findall(r"'nonce-([\w-]{16,})'", policy)
        if bare := [
            tag
            for tag in scripts
            if "src=" not in tag and "application/json" not in tag and not any(n in tag for n in nonces)
        ]:
            yield f"{name}: a script without the nonce: {bare}"
    if head.get("X-Content-Type-Options") != "nosniff":
        yield f"{name}: may be sniffed"
    if head.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        yield f"{name}: tells where one comes from"
    if any(one.lower().startswith("access-control-") for one in head):
        yield f"{name}: lets other origins read"
    if used_session or answer.status_code >= 400:
        kept = head.get("Cache-Control", "")
        if not ("no-store" in kept and "private" in kept) and not ("public" in kept and name in PUBLIC):
            yield f"{name}: may be kept by a proxy: {kept!r} ({answer.status_code})"
    for cookie in answer.cookies.values():
        if cookie["max-age"] == 0:
            continue  # taken away
        if not cookie["httponly"] and cookie.key not in ("amparo-csrf",):
            yield f"{name}: script may read {cookie.key}"
        if cookie["samesite"] not in ("Lax", "Strict"):
            yield f"{name}: {cookie.key} goes along from foreign pages"


# The one page made to stand in others: in those of the sites that an administrator named, exactly.
FRAMED = {"chat:widget": "https://www.example.com"}
# What says the same to everybody: its address holds all that it says. Health and figures are asked by machines.
PUBLIC = {
    "ui:accent_css", "policies:logo", "health", "metrics", "web:sitemap", "web:sitemap_part", "web:robots",
    "blog:feed", "blog:product_feed", "blog:tag_feed",
    # Read by programs and by other sites' pages: signed, or the key to verify with, and the same to all.
    "activation:v1_keys", "downloads:updates", "downloads:updates_signature", "downloads:key_file", "chat:widget_script",
}  # fmt: skip


# ---------------------------------------------------------------------------- secrets

SECRET_COLUMNS = re.compile(r"(password|token|secret|hash|digest|seal|code_hash|pepper)", re.IGNORECASE)
# Fingerprints of texts that are themselves shown: they are printed so that anybody can check the text. AGR-1, CAS-6
FINGERPRINTS = {"agreements.AgreementVersion", "agreements.Acceptance", "quotations.ServiceRequest", "quotations.RequestVersion"}


class Secrets:
    """SEC-34: nothing that is kept as a secret is in an answer."""

    def __init__(self, secrets: set[str], links: set[str]) -> None:
        self.secrets, self.links = secrets, links

    @classmethod
    def of_the_database(cls) -> Secrets:
        found = cls(set(), set())
        for model in apps.get_models():
            if model._meta.app_label in ("sessions", "contenttypes") or model._meta.label in FINGERPRINTS:
                continue
            kept = found.links if model._meta.label in ("history.Fact", "files.StoredFile") else found.secrets
            for field in model._meta.concrete_fields:
                if SECRET_COLUMNS.search(field.name) and field.get_internal_type() in ("CharField", "TextField", "BinaryField"):
                    values = model.objects.values_list(field.name, flat=True)[:500]
                    kept |= {bytes(v).hex() if isinstance(v, (bytes, memoryview)) else v for v in values if v and len(v) >= 20}
        assert found.secrets and found.links, "there are secrets to look for"
        return found

    def __call__(self, answer: Answer) -> Iterator[str]:
        if answer.method != "GET" or answer.who not in ("administrator", "company_admin") or OWN_ADDRESS.match(answer.route.name):
            return
        text = _whole(answer)
        # The links of a case's facts and the fingerprints of its files are what proves the file that one takes away. CAS-7
        hidden = self.secrets if answer.route.name == "casefiles:download" else self.secrets | self.links
        yield from (f"shows {one[:12]} …" for one in hidden if one in text)
        yield from (f"shows a password's hash: {sign}" for sign in ("pbkdf2_", "argon2$", "md5$") if sign in text)


def _whole(answer: Answer) -> str:
    return answer.text + str(answer.response.headers)


# ---------------------------------------------------------------------------- whose words

CANARY = re.compile(r".{40}CANARIO-A.{20}", re.S)


def tenants(answer: Answer) -> Iterator[str]:
    """SEC-7, SEC-29: another company, strangers and visitors read nothing of «Abarrotes Lupita»."""
    if answer.method != "GET" or answer.who not in ("other_contact", "other_own", "registered", "anonymous") or OWN_ADDRESS.match(answer.route.name):
        return
    if answer.route.name == "campus:verified":
        return  # whom a certificate names is told to whoever has its code: SRC-4
    if found := CANARY.search(_whole(answer)):
        yield f"shows {answer.who}: {found.group(0)}"


def notes(answer: Answer) -> Iterator[str]:
    """SEC-10, SEC-20: what staff wrote for staff."""
    if answer.method == "GET" and answer.who in ("company_admin", "member", "own_only") and not OWN_ADDRESS.match(answer.route.name):
        text = _whole(answer)
        yield from (f"shows {answer.who} {sign}" for sign in ("-INTERNO", "-NOTA") if sign in text)


# ---------------------------------------------------------------------------- language

# Words that Spanish does not have and that hardly an English sentence or label does without.
ENGLISH = re.compile(
    r"\b(the|and|of|your|you|with|this|these|is|are|was|were|for|from|what|when|which|who|how|not|nothing|each|every|until|since|"
    r"open|opened|close|closed|save|search|choose|add|added|remove|change|settings|customers?|tickets? and|cases|promises?|queue|"
    r"yes|left|kept|late|today|tomorrow|yesterday|days?|hours?|minutes|units?|company|contract|licences?|password|e-mail)\b",
    re.IGNORECASE,
)
PLACE = re.compile(r"\b[A-Z][a-z]+/[\w /-]+")  # the name of a time zone, as it is known everywhere
SHOWN = ("aria-label", "title", "placeholder", "data-label", "alt", "data-confirm")
SILENT = {"script", "style", "code", "pre", "textarea", "template"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Texts(HTMLParser):
    """Collects what a reader of the page sees or hears, except what is marked as being of another language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        silent = (bool(self._open) and self._open[-1][1]) or tag in SILENT or given.get("translate") == "no"
        silent = silent or (tag != "html" and (given.get("lang") or "es").startswith("en"))
        if not silent:
            self.found += [given[name] for name in SHOWN if given.get(name)]
        if tag not in VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not (self._open and self._open[-1][1]):
            self.found.append(" ".join(data.split()))


def english(answer: Answer) -> Iterator[str]:
    """English words on a page of somebody who reads Spanish."""
    readers = ("administrator",) if answer.route.name.startswith("desk_") else ("company_admin", "registered")
    if answer.is_page and answer.who in readers and not answer.route.name.startswith(("ui:", "unnamed", "metrics", "health")):
        reader = Texts()
        reader.feed(answer.text)
        yield from (text[:120] for text in reader.found if ENGLISH.search(PLACE.sub("", text)))


# ---------------------------------------------------------------------------- outline


PIECES = {"ui:gallery"}  # a page of pieces of pages


def outlines(answer: Answer) -> Iterator[str]:
    """What is wrong with a page's headings and landmarks, for those whose pages show every part that a page may have."""
    if answer.is_page and answer.who in ("anonymous", "administrator", "company_admin", "engineer") and answer.route.name not in PIECES:
        yield from outline.faults(answer.text)


# ---------------------------------------------------------------------------- the judges themselves


def prove() -> None:
    """See that each judge finds what it is there for, and nothing in a page that is right."""
    right = (
        "<!doctype html><html lang=es><body><main><h1>Casos</h1><h2>Abiertos</h2><p>Nada aquí todavía.</p></main></body></html>",
        {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
         "Referrer-Policy": "same-origin", "Cache-Control": "private, no-store"},
    )  # fmt: skip
    one = "a-secret-of-the-database"
    secrets = Secrets({one}, set())

    def found(judge: Judge, who: str, text: str = right[0], head: dict[str, str] = right[1], method: str = "GET", wrote: tuple[str, ...] = ()) -> list[str]:
        response: Any = SimpleNamespace(headers=head, status_code=200, streaming=False, content=text.encode(), cookies={})
        return list(judge(Answer(SimpleNamespace(name="cases:list"), method, who, "/cases/", response, text.encode(), wrote, 0)))  # type: ignore[arg-type]

    around = "x" * 60
    for judge, who, wrong in (
        (writes, "company_admin", {"wrote": ("UPDATE a SET b = 1",)}), (writes, "anonymous", {"wrote": ("INSERT INTO django_session",), "method": "HEAD"}),
        *((headers, "company_admin", {"head": {name: value for name, value in right[1].items() if name != missing}}) for missing in right[1] if missing != "Content-Type"),
        (headers, "anonymous", {"text": right[0] + "<script>1</script>"}), (headers, "anonymous", {"head": right[1] | {"Access-Control-Allow-Origin": "*"}}),
        (secrets, "administrator", {"text": right[0] + one}), (secrets, "company_admin", {"text": right[0] + "pbkdf2_sha256$1"}),
        *((tenants, who, {"text": f"{around}CANARIO-A{around}"}) for who in ("other_contact", "other_own", "registered", "anonymous")),
        *((notes, who, {"text": f"CANARIO-A{sign}"}) for who in ("company_admin", "member", "own_only") for sign in ("-INTERNO", "-NOTA")),
        *((english, who, {"text": "<p>Nothing here"}) for who in ("company_admin", "registered")),
        *((headers, who, {"head": {}}) for who in ("anonymous", "administrator")),
        *((outlines, who, {"text": right[0].replace("h2", "h3")}) for who in ("anonymous", "administrator", "company_admin", "engineer")),
    ):  # fmt: skip
        assert who in (*STANDINGS, "other_own"), f"nobody walks as {who}"
        assert found(judge, who, **wrong), (judge, who, wrong)
        assert not found(judge, who), (judge, who)
