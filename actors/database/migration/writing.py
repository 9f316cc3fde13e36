"""Writing the next migration of an app: what its tables declare minus what its migrations make. For developers.

python -m actors.database.migration.writing email "mails remember their campaign"     (make migration)

Runs in its own process, on a SQLite file that lives as long. Read what it wrote: a renamed column looks to it like one
dropped and another added.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import render_python_code
from sqlalchemy import make_url

from actors.database.columns import Json, Timestamp
from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from actors.database.migration.context import context_of
from actors.database.migration.history import History, history_of
from actors.database.migration.run import migrate
from supervision import config
from supervision.app import App, load_app
from supervision.cli import default_config
from supervision.errors import ConfigError
from supervision.options import DEFAULT_HOME

HEAD = '''"""{message}."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "{revision}"
down_revision = {parent}


def upgrade() -> None:
'''


def write(history: History, message: str) -> Path | None:
    """The new file; None when the migrations already make what is declared. Raises MigrationFailed, HistoryBroken."""
    history.folder.mkdir(exist_ok=True)
    package = history.folder / "__init__.py"
    if not package.exists():
        package.write_text(f'"""The migrations of {history.app}, in the order of their numbers."""\n')
    before = list(history.folder.glob("m[0-9]*.py"))
    body = _missing(history, empty=not before)
    if body is None:
        return None
    revision = f"{len(before) + 1:04}"
    parent = f'"{history.head}"' if before else "None"
    file = history.folder / f"m{revision}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')}.py"
    sentence = message[:1].upper() + message[1:].rstrip(".")
    file.write_text(HEAD.format(message=sentence, revision=revision, parent=parent) + body + "\n")
    return file


def _missing(history: History, *, empty: bool) -> str | None:
    """The statements, as Python."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(make_url(f"sqlite:///{folder}/written.sqlite"), DatabaseConfig())
        try:
            if not empty:
                migrate(engine, [history])
            with engine.connect() as connection:
                context = context_of(connection, history)
                operations = produce_migrations(context, history.metadata).upgrade_ops
                if operations is None or operations.is_empty():
                    return None
                code = render_python_code(operations, migration_context=context, render_item=_render)
                return "\n".join(line for line in code.splitlines() if "# ###" not in line)
        finally:
            engine.dispose()


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Types of our own by their own name."""
    if isinstance(item, Timestamp):
        return "Timestamp"
    return "Json" if kind == "type" and repr(item) == repr(Json) else False


def _app(name: str) -> App:
    """By its package or, if it is listed in the configuration, its name. Raises ConfigError."""
    if "." in name:
        return load_app(name)
    listed = config.load(default_config(), Path(DEFAULT_HOME), ()).apps
    for app in listed:
        if app.name == name:
            return app
    raise ConfigError(f"no app {name} under `apps`; listed are {', '.join(app.name for app in listed)}")


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    history = history_of(_app(arguments[0]))
    if history is None:
        print(f"{arguments[0]} declares no tables", file=sys.stderr)
        return 64
    file = write(history, arguments[1])
    if file is None:
        print(f"the migrations of {history.app} already make what it declares", file=sys.stderr)
    else:
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
