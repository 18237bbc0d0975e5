"""`python -m amparo`: the `amparo` command."""

import sys

from amparo.project.cli import main

sys.exit(main())
