"""What every part of a service loads, once for all: the parts of `amparo up` are forks of a process that imported this, and nothing else.

It has one thread and no connection, so that a fork is as good as a process that loaded everything by itself.
"""

import gc
import os

from setproctitle import setproctitle

from amparo.project.postgres import die_with

gc.set_threshold(50_000)  # as in `amparo` itself: what is loaded stays
BY = os.getpid()
setproctitle("amparo parts")
die_with(os.getppid())()  # each fork holds the pipe by which Python would notice
os.setsid()  # what a terminal tells its group (that it closes) is for who looks after the parts
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")

import django  # noqa: E402

django.setup()

import granian  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from amparo.project import media, parts, scorm, stream, telephone, worker, wsgi  # noqa: E402 (they ask for the settings)

LOADED = (granian, media, scorm, stream, telephone, wsgi, [import_string(tick) for tick, _seconds in worker.TICKS])
parts.warm_up()
parts.keep_what_is_loaded()
