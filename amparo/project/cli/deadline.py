"""`amparo deadline`: ask the calendar when a time runs out, with the steps of the count."""

import argparse
import json
from collections.abc import Sequence

from amparo.project.cli import application


def main(argv: Sequence[str]) -> int:
    """Answer one question."""
    parser = argparse.ArgumentParser(prog="amparo deadline", description=__doc__)
    parser.add_argument(
        "--from", dest="start", required=True, metavar="TIME", help="2026-12-11T16:00; zone: the calendar's"
    )
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--business-hours", metavar="N", help="hours of business days, around the clock")
    amount.add_argument("--opening-hours", metavar="N", help="hours in which the service is open")
    amount.add_argument("--business-days", metavar="N", help="whole business days")
    parser.add_argument("--calendar", metavar="NAME", help="another calendar than the default one")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    application.common(parser)
    options = parser.parse_args(argv)
    with application.loaded(options):
        from amparo.deadlines.queries import answer_question
        from amparo.kernel.refusals import Invalid, Refusal

        try:
            found = answer_question(
                options.start,
                business_hours=options.business_hours,
                opening_hours=options.opening_hours,
                business_days=options.business_days,
                calendar=options.calendar,
            )
        except Refusal as refusal:
            application.complain("deadline", str(refusal), as_json=options.json, code=refusal.code)
            return 2 if isinstance(refusal, Invalid) else 1
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for step in found["steps"]:
            print(f"  {step['words']}")
        print(f"{found['due_local']}  ({found['zone']}; {found['due_at']})")
    return 0
