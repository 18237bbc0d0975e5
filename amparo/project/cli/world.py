"""`amparo world`: make a large consistent world for trials."""

import importlib
import importlib.util
import os
from collections.abc import Sequence

from amparo.project import debian, installation
from amparo.project.installation import Problem


def main(argv: Sequence[str]) -> int:
    """Hand over to the maker of the world."""
    return dispatch("amparo.project.world", argv, needs_database=not {"-h", "--help"} & set(argv))


def dispatch(name: str, argv: Sequence[str], *, needs_database: bool) -> int:
    """Call `main(argv)` of a module of this project, with Django's settings and the database in reach."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    os.environ.update(debian.environment({}))
    if importlib.util.find_spec(name) is None:
        raise Problem(f"{name} is not part of this installation")
    if not needs_database:
        os.environ.setdefault("AMPARO_BUILD", "1")
        return int(importlib.import_module(name).main(list(argv)) or 0)
    with installation.connected(installation.data_folder()):
        return int(importlib.import_module(name).main(list(argv)) or 0)
