"""`python -m amparo`: the `amparo` command."""

import gc
import sys

# What is loaded stays: to look through it for garbage after each seven hundred objects takes a quarter of a start.
gc.set_threshold(50_000)

from amparo.project.cli import main  # noqa: E402

sys.exit(main())
