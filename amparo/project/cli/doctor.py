"""`amparo doctor`: what is configured, reachable and missing, and what to do, in words."""

import argparse
import json
import os
from collections.abc import Sequence

from amparo.project import doctor, installation

MARKS = {"good": "yes", "warning": "hm ", "bad": "no "}


def main(argv: Sequence[str]) -> int:
    """Return 0 when nothing is bad; warnings are for the operator to judge."""
    parser = argparse.ArgumentParser(prog="amparo doctor", description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder of the data (AMPARO_DATA, else ./data)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    home = installation.data_folder(options.data)
    os.environ["AMPARO_DATA"] = str(home)
    findings = doctor.examine(home)
    healthy = not any(finding.verdict == "bad" for finding in findings)
    if options.json:
        print(
            json.dumps(
                {"healthy": healthy, "findings": [finding.as_json() for finding in findings]},
                ensure_ascii=False,
            )
        )
    else:
        for finding in findings:
            print(f"{MARKS[finding.verdict]}  {finding.what:<14} {finding.sentence}")
            if finding.remedy:
                print(f"{'':21}{finding.remedy}")
        print(
            "Everything that must be there is there."
            if healthy
            else "Something that must be there is not: see the lines with 'no'."
        )
    return 0 if healthy else 1
