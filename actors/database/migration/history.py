"""The migrations of one app: a folder `migrations/` beside the module of its `tables`, in one line from first to last.

Each app keeps its place in a version table of its own, so an app comes or goes with its line under `apps` and no other
app's history notices. Files and values only; any thread.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from actors.database.migration.errors import HistoryBroken
from supervision.app import App
from supervision.config import Settings

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

FOLDER = "migrations"


@dataclass(frozen=True)
class History:
    """What one app declares, and the way there. Reading the folder raises HistoryBroken."""

    app: str
    metadata: MetaData
    folder: Path

    @property
    def version_table(self) -> str:
        """Where the database keeps the app's place in this history."""
        return f"{self.app}_migrations"

    @property
    def newest(self) -> str:
        """The number of the last file, which is its revision; empty when there is none."""
        numbers = [path.stem[1:].partition("_")[0] for path in self.folder.glob("m[0-9]*.py")]
        return max(numbers, default="")

    @cached_property
    def script(self) -> "ScriptDirectory":
        from alembic.script import ScriptDirectory
        from alembic.util import CommandError

        try:
            return ScriptDirectory(self.folder, version_locations=[self.folder])
        except CommandError as error:
            raise HistoryBroken(f"{self.app} declares tables but has no folder {self.folder}; {_ADVICE}") from error

    @cached_property
    def revisions(self) -> "tuple[Script, ...]":
        """First to last."""
        try:
            found = tuple(reversed(list(self.script.walk_revisions())))
            heads = self.script.get_heads()
        except Exception as error:  # a revision is code, and Alembic has no one error for what it finds there
            raise HistoryBroken(f"{self.app}: {self.folder}: {error}") from error
        if len(heads) != 1:
            raise HistoryBroken(f"{self.app}: {self.folder} has {len(heads)} last revisions, not one; {_ADVICE}")
        return found

    @property
    def head(self) -> str:
        return str(self.revisions[-1].revision)


_ADVICE = "see `make migration` in CONTRIBUTING.md"


def history_of(app: App) -> History | None:
    """None when the app declares no tables. Raises ConfigError."""
    tables = app.load("tables")
    if tables is None or app.tables is None:
        return None
    package = importlib.import_module(app.tables.partition(":")[0]).__file__
    metadata = tables() if callable(tables) else tables
    return History(app.name, metadata, Path(package or "").parent / FOLDER)


def histories(settings: Settings) -> list[History]:
    """Of the listed apps, in their order, which is that of their foreign keys. Raises ConfigError."""
    return _present(history_of(app) for app in settings.apps)


def _present(found: Iterable[History | None]) -> list[History]:
    return [history for history in found if history is not None]
