"""`amparo retention`: which records are purged when their time is over; without --dry-run, purge what is due now."""

import argparse
import json
from collections.abc import Sequence

from amparo.project.cli import application


def main(argv: Sequence[str]) -> int:
    """Return 0. What is kept for now (a hold, a complaint, an open linked case) is named with its reason. CAS-2."""
    parser = argparse.ArgumentParser(
        prog="amparo retention",
        description=__doc__,
        epilog="The worker does the same by itself, in small steps, unless the setting is off. Customers are always told "
        "before: nothing is purged that was not told so many days ago as the settings say.",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, say what would be purged")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    application.common(parser)
    options = parser.parse_args(argv)
    with application.loaded(options):
        from amparo.casefiles import commands, queries
        from amparo.kernel import clock

        at = clock.now()
        done: list[int] = []
        if not options.dry_run:
            while commands.enrol_closed(at=at):
                pass
            commands.tell_due(at=at)
            while some := commands.purge_due(at=at):
                done += some
        rows = _rows(at, queries)
        report = {
            "at": at.isoformat(), "dry_run": options.dry_run, "purged": [f"C-{pk}" for pk in done],
            "due": [row.as_data() for row in rows if row.is_ready], "kept": [row.as_data() for row in rows if not row.is_ready],
        }  # fmt: skip
    print(json.dumps(report, ensure_ascii=False) if options.json else as_text(report))
    return 0


def _rows(at, queries):  # type: ignore[no-untyped-def]
    """Return every row whose time is over, page by page."""
    found, after = [], ""
    while True:
        page = queries.plan(at=at, until=at, after=after, size=500)
        found += page.rows
        if not page.next:
            return found
        after = page.next


def as_text(report: dict) -> str:  # type: ignore[type-arg]
    said = []
    if not report["dry_run"]:
        said.append(f"{len(report['purged'])} cases purged: {', '.join(report['purged']) or 'none'}")
    else:
        said.append(f"{len(report['due'])} cases would be purged now")
        said += [f"  {one['case']}  {one['customer']}: {one['entries']} entries, {one['files']} files" for one in report["due"]]
    said.append(f"{len(report['kept'])} cases are past their time and kept for now")
    for one in report["kept"]:
        why = ", ".join(one["blocked_by"]) or (f"customer told, purged from {one['purge_at'][:10]}" if one["purge_at"] else "the customer is not told yet")
        said.append(f"  {one['case']}  {one['customer']}: {why}")
    return "\n".join(said)
