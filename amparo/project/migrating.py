"""Migrating an empty database without drawing every model again for each thing that is added.

Where a model, a field, an index or a constraint is added, Django renders anew whatever is related to it, and with some two hundred
models, nearly all of them related to the user, that takes minutes. None of the four changes the classes of those that stand already:
here a new model is rendered alone, and a field, index or constraint is noted on its model. The schema that comes out is the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


def migrate_empty() -> None:
    """Bring an empty database to the present state."""
    from django.core.management import call_command

    with _one_by_one():
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)


@contextlib.contextmanager
def _one_by_one() -> Iterator[None]:
    from django.db.migrations.state import ProjectState

    plain = ProjectState.add_model, ProjectState.add_field, ProjectState._append_option  # type: ignore[attr-defined]

    def add_model(self: Any, model_state: Any) -> None:
        key = model_state.app_label, model_state.name_lower
        self.models[key] = model_state
        if self._relations is not None:
            self.resolve_model_relations(key)
        if "apps" in self.__dict__:
            self.apps.render_multiple([model_state.clone()])

    def add_field(self: Any, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool) -> None:
        with _kept_from_reloading(self):
            plain[1](self, app_label, model_name, name, field, preserve_default)
        if "apps" in self.__dict__:
            self.models[app_label, model_name].fields[name].clone().contribute_to_class(self.apps.get_model(app_label, model_name), name)

    def append_option(self: Any, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        options = self.models[app_label, model_name].options
        options[option_name] = [*options.get(option_name, []), obj]
        if "apps" in self.__dict__:  # a field that is altered later asks its model which constraints are its own
            meta = self.apps.get_model(app_label, model_name)._meta
            setattr(meta, option_name, [*getattr(meta, option_name), obj])

    ProjectState.add_model = add_model  # type: ignore[method-assign]
    ProjectState.add_field = add_field  # type: ignore[method-assign]
    ProjectState._append_option = append_option  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState.add_model, ProjectState.add_field, ProjectState._append_option = plain  # type: ignore[attr-defined,method-assign]


@contextlib.contextmanager
def _kept_from_reloading(state: Any) -> Iterator[None]:
    state.reload_model = lambda *_key, **_named: None
    try:
        yield
    finally:
        del state.reload_model
