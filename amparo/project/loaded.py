"""What every part of a service loads, once for all: the parts of `amparo up` are forks of a process that imported this, and nothing else.

It has one thread and no connection, so that a fork is as good as a process that loaded everything by itself. What was wrong
with the settings is in FAULT: each part says it in its own log.
"""

import gc
import os
from typing import Any

from setproctitle import setproctitle

from amparo.project.postgres import die_with

BY = os.getpid()
FAULT: Exception | None = None
LOADED: list[Any] = []


def load() -> None:
    """Load it all. Raises whatever is wrong with the settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    import django

    django.setup()

    import granian
    from django.utils.module_loading import import_string

    from amparo.project import media, parts, scorm, stream, telephone, worker, wsgi

    LOADED.extend([granian, media, scorm, stream, telephone, wsgi])
    LOADED.extend(import_string(tick) for tick, _seconds in worker.TICKS)
    parts.warm_up()
    parts.keep_what_is_loaded()


gc.set_threshold(50_000)  # as in `amparo` itself: what is loaded stays
setproctitle("amparo parts")
die_with(os.getppid())()  # each fork holds the pipe by which Python would notice
os.setsid()  # what a terminal tells its group (that it closes) is for who looks after the parts
try:
    load()
except Exception as fault:  # it would end this process, and nobody would hear why
    FAULT = fault
