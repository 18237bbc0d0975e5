"""`amparo serve`: some of the parts together, as forks of one process that loads what all of them need; which then costs its seconds
and its memory once. Parts are parted by a plus, each with its own options: `amparo serve web --port 8000 + stream --port 8001 + worker`.
DATABASE_URL and AMPARO_SECRETS_FILE say which service.
"""

import argparse
import signal
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType

from amparo.project import installation, parts
from amparo.project.installation import Problem

PARTS = ("web", "stream", "broker", "scorm", "worker", "media", "telephone")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; what dies is started again."""
    parser = argparse.ArgumentParser(prog="amparo serve", description=__doc__)
    parser.add_argument("--log", metavar="DIR", type=Path, help="folder of a file for each part's words (else they are ours)")
    parser.add_argument("parts", nargs=argparse.REMAINDER, metavar="PART [OPTIONS] + PART …", help=", ".join(PARTS))
    options = parser.parse_args(argv)
    wanted = [list(words) for is_plus, words in groupby(options.parts, key=lambda word: word == "+") if not is_plus]
    if not wanted or any(one[0] not in PARTS for one in wanted):
        raise Problem(f"Name the parts to start, with a plus between them: {', '.join(PARTS)}.")
    installation.need_database()
    parts.load_once()
    running = [parts.Part(name, arguments, options.log and options.log / f"{name}.log") for name, *arguments in wanted]
    for number in SIGNALS:
        signal.signal(number, told_to_stop)
    try:
        for part in running:
            part.start()
        while True:
            for part in running:
                part.look_after(lambda text: print(text, flush=True))
            time.sleep(0.25)
    except parts.Stopped:
        return 0
    finally:
        parts.stop_all(running)
        parts.leave_no_child()


def told_to_stop(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:  # once is enough
        signal.signal(number, signal.SIG_IGN)
    raise parts.Stopped
