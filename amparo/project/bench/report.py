"""The figures for people: on the screen, and as docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .figures import Figure

PAGE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"
TITLES = {
    "time": "Business time", "choice": "Choice of charge", "pages": "Pages over the large world", "create": "Creating",
    "search": "Search", "published": "Search in all that is published", "stream": "Stream", "callers": "Finding a caller", "ring": "The card of who calls", "chat": "Chat", "classroom": "Classroom", "remote": "Remote desktop", "ledger": "Ledger", "lapse": "Lapses", "mail": "Mail taken in",
    "start": "Start and memory",
    "casefile": "Case files", "quotes": "Quoting at once", "article": "An article for a visitor", "downloads": "Downloads", "forum": "The forum", "activation": "Activating licences", "world": "The large world",
}  # fmt: skip
HOW = {
    "time": "`amparo.deadlines.bench`: a thousand random questions over ten years with Mexican holidays, warm, in processor time, best of several rounds.",
    "choice": "`charging.rules.lawful_ways` and `most_beneficial`, in processor time, best of seven rounds.",
    "pages": (
        "Each page is called in process, by a person signed in, with every middleware. Statements are those of the whole "
        "request, session and person included, transaction control left out. Processor is time of the application and of its "
        "database backend together, the lowest of seven rounds of thirty requests, in turns with its peers. What is immutable "
        "(a conversation, a statement, the frame around a page) is drawn once and kept: the first view is the same page when "
        "nothing of it is at hand, not even the reader's frame, in a process that has drawn other pages for others. The lean page is "
        "Django with the usual middleware, session, user, one raw statement and one Jinja2 template that writes the very same "
        "bytes, text by text, each escaped (`amparo/project/bench/lean`); it computes none of them: no words, times, rights "
        "or promises."
    ),
    "create": "`tickets.commands.open_ticket` by a contact, transaction control left out.",
    "search": (
        "`threads.queries.search` as the pages call it, words of the messages themselves: the commonest, common, middling, rare. "
        "Beside it the plain way, which ranks every hit."
    ),
    "published": (
        "`search.queries.search` as the pages call it, over an index made for the run: four thousand words, the commonest in every other text. "
        "Beside recall stock `spanish`; beside time the plain way, which ranks every hit. Words of titles are drawn together as the worker does. The last figure is everything "
        "that a page of the search does for staff, all documents and all messages, with words of both."
    ),
    "stream": "One process, every client authorised; changes by NOTIFY at 20 a second; server, database and clients share the cores.",
    "chat": "From the sending of a message, through web and stream as processes, to the other browser's holding it; every chat has its customer's stream open. An HTTP client plays the browsers.",
    "ring": "From the exchange's signed message, through web and stream as processes, to the operator's client holding the caller's card.",
    "callers": "The telephone screen's own search, one after the other, over customers with contacts and licences.",
    "ledger": "`amparo.ledger.bench`: durable (`synchronous_commit` on), in turns with bare `pgbench`, medians of the rounds.",
    "lapse": (
        "`amparo.complaints.bench`: the worker's own two jobs come thirty days late; what they did is counted before a figure is told."
    ),
    "casefile": (
        "`amparo.casefiles.bench`: a case of 2,000 entries and 100 MB of files made into its file by the command's own code, in one "
        "snapshot; memory is what the process's peak grew beyond that of a small case."
    ),
    "article": "`amparo.knowledge.bench`: the page of an article asked for in process by a visitor, with every middleware, other articles in turn; processor of the application and of its database backend, the lowest of seven rounds.",
    "remote": "`amparo.remote.bench`: x11vnc on Xvfb, the broker in the stream process as it runs, the engineer's page in Chromium with noVNC. Real keys until the picture has changed; raw pixels through the tunnel, recorded and hashed; the broker's processor time under a film on the whole screen.",
    "classroom": "`amparo.classroom.bench`: a Janus of our own, one camera of 1280x720 from Chromium; the first decoded picture counts from asking for the room in a second page; then 25 aiortc clients that count frames instead of decoding, processor time of the gateway's process over ten seconds.",
    "quotes": "`amparo.quotations.bench`: a page of the catalogue asked for in process by a contact signed in, with every middleware, other values each time; medians.",
    "forum": "`amparo.forum.bench`: pages asked for in process with every middleware, by a visitor, a member and a moderator; statements of the whole request, medians of the rest.",
    "downloads": "`amparo.downloads.bench`: a server of granian as `amparo web` starts it, a file of 300 MB by its token and a session, hung up at half, then a range with If-Range; private memory of its processes, sampled every 16 MB.",
    "activation": "`amparo.activation.bench`: in process, durable; 36 threads behind a barrier, then four threads over licences of their own.",
    "mail": (
        "`amparo.mailbox.bench`: a real Dovecot over a Maildir of 1,000 messages with text and a file; a process of its own takes in, is "
        "killed at a quarter and at half, and begun again; its starts are counted in."
    ),
    "start": "`amparo.project.bench_start`: a real `make run` in a folder of its own.",
    "world": "`amparo world`, from an empty database to a vacuumed one.",
}


def show(found: Mapping[str, Sequence[Figure]]) -> None:
    """Print the figures as a table."""
    for name, figures in found.items():
        print(f"\n{TITLES[name]}")
        for figure in figures:
            print(f"  {mark(figure):4} {figure.name:66} {number(figure.value):>9} {figure.unit:12} {figure.target:16} {beside(figure)}")
            if figure.note:
                print(f"       {figure.note}")


def mark(figure: Figure) -> str:
    return {True: "ok", False: "MISS", None: ""}[figure.holds]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def beside(figure: Figure) -> str:
    if figure.beside is None:
        return ""
    share = f" = {figure.share:.2f} ×" if figure.share is not None else ""
    return f"{figure.beside_name} {number(figure.beside)}{share}"


def write(found: Mapping[str, Sequence[Figure]], sizes: Sequence[int], seconds: float) -> None:
    """Write the page of figures."""
    cores = len(os.sched_getaffinity(0))
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench ARGS=--write`; `make bench` shows the same on the screen and fails where a figure misses what it "
        "must reach. Figures of different days or machines cannot be compared: each stands beside a limit or a peer of the same run.",
        "",
        f"Last run {datetime.now(UTC).date().isoformat()}: {cores} cores, Python {platform.python_version()}, {seconds / 60:.0f} minutes; a world of "
        + "{:,} customers, {:,} tickets, {:,} cases and {:,} messages.".format(*sizes),
    ]
    for name in (name for name in TITLES if name in found):
        lines += ["", f"## {TITLES[name]}", "", HOW[name], "", "| | ours | beside | ratio | must be | |", "|---|---|---|---|---|---|"]
        for figure in found[name]:
            peer = f"{figure.beside_name}: {number(figure.beside)}" if figure.beside is not None else ""
            ratio = f"{figure.share:.2f}" if figure.share is not None else ""
            said = {True: "reached", False: "**missed**", None: ""}[figure.holds]
            lines.append(f"| {figure.name} | {number(figure.value)} {figure.unit} | {peer} | {ratio} | {figure.target} | {said} |")
        notes = [f"- {figure.name}: {figure.note}" for figure in found[name] if figure.note]
        lines += ["", *notes] if notes else []
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
