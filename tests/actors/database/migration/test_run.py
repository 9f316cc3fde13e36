"""From empty, from the release before, from both ends at once, and from too far ahead: on both engines."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, MetaData, inspect, make_url, text

from actors.database.engine import open_engine
from actors.database.migration.context import current, differences, pending
from actors.database.migration.errors import DatabaseNewer, HistoryBroken, MigrationFailed
from actors.database.migration.history import History, history_of
from actors.database.migration.prepare import is_current
from actors.database.migration.run import migrate
from actors.database.migration.writing import write
from supervision.app import load_app
from supervision.config import DEFAULT_APPS
from tests.actors.database.things import QUICK

PATIENT = QUICK.model_copy(update={"acquire_timeout_seconds": 10.0})
PROCESSES = 4
#: The tables there were before there were migrations, by app.
LEGACY = {"people": ("people_profiles", "people_preferences", "people_suppressions"), "email": ("email_ledger",)}
#: What these tables did not have then.
ADDED_LATER = {"email_ledger": ("rule", "topic", "dedupe", "human")}
INDEXED_LATER = ("email_ledger_human", "email_ledger_event", "email_ledger_created")

REVISION = """
from alembic import op
import sqlalchemy as sa
revision = "{number:04}"
down_revision = {parent}
def upgrade():
    {work}
"""

FIRST = 'op.create_table("birds_nests", sa.Column("id", sa.Integer, primary_key=True), sa.Column("tree", sa.Text))'
SECOND = 'op.add_column("birds_nests", sa.Column("eggs", sa.Integer))'


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = open_engine(database_url, PATIENT)
    yield engine
    engine.dispose()


@pytest.fixture
def birds(tmp_path: Path) -> Callable[..., History]:
    """An app whose migrations do this."""

    def make(*works: str) -> History:
        for number, work in enumerate(works, start=1):
            parent = f'"{number - 1:04}"' if number > 1 else None
            text = REVISION.format(number=number, parent=parent, work=work)
            (tmp_path / f"m{number:04}.py").write_text(text)
        return History("birds", MetaData(), tmp_path)

    return make


def known() -> list[History]:
    """Of all apps of the default system that declare tables."""
    return [history for name in DEFAULT_APPS if (history := history_of(load_app(name))) is not None]


def history_named(app: str) -> History:
    return next(history for history in known() if history.app == app)


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_migrating_from_nothing_gives_exactly_what_is_declared(engine: Engine) -> None:
    migrate(engine, known())
    with engine.connect() as connection:
        for history in known():
            assert differences(connection, history) == []
            assert pending(connection, history) == []
    declared = {table for history in known() for table in history.metadata.tables}
    assert tables(engine) == declared | {history.version_table for history in known()}


def test_the_second_time_there_is_nothing_to_do(engine: Engine) -> None:
    first = [(step.app, step.revision) for step in migrate(engine, known())]
    assert {("people", "0001"), ("email", "0001")} <= set(first)
    assert migrate(engine, known()) == []


def test_the_tables_of_the_release_without_migrations_are_taken_over_with_their_rows(engine: Engine) -> None:
    for app, names in LEGACY.items():
        metadata = history_named(app).metadata
        metadata.create_all(engine, [metadata.tables[name] for name in names])
    suppression = "INSERT INTO people_suppressions VALUES ('a@b.example', 'bounce', 'all', '{}', '2026-11-22')"
    with engine.begin() as connection:
        for index in INDEXED_LATER:
            connection.execute(text(f"DROP INDEX {index}"))
        for table, columns in ADDED_LATER.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text(suppression))
    migrate(engine, known())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM people_suppressions")).scalar_one() == 1
        assert [one for history in LEGACY for one in differences(connection, history_named(history))] == []


def test_many_that_start_at_once_migrate_once(database_url: URL, birds: Callable[..., History]) -> None:
    history = birds(FIRST, SECOND, "op.execute(\"INSERT INTO birds_nests VALUES (1, 'oak', 3)\")")
    engines = [open_engine(database_url, PATIENT) for _ in range(PROCESSES)]
    together = threading.Barrier(PROCESSES, timeout=10)

    def start(engine: Engine) -> int:
        together.wait()
        return len(migrate(engine, [history]))

    try:
        with ThreadPoolExecutor(PROCESSES) as threads:
            done = [outcome.result(timeout=30) for outcome in [threads.submit(start, engine) for engine in engines]]
        assert sorted(done) == [0] * (PROCESSES - 1) + [3]
    finally:
        for engine in engines:
            engine.dispose()


def test_a_database_that_is_newer_than_the_code_is_refused(engine: Engine, birds: Callable[..., History]) -> None:
    migrate(engine, [birds(FIRST, SECOND)])
    older = birds(FIRST)
    (older.folder / "m0002.py").unlink()
    with pytest.raises(DatabaseNewer, match="birds: its tables are at migration 0002") as caught:
        migrate(engine, [older])
    assert caught.value.exit_code == 78


def test_a_migration_that_fails_changes_nothing(engine: Engine, birds: Callable[..., History]) -> None:
    """Not even what the apps and migrations before it did."""
    broken = birds(FIRST, SECOND, 'op.execute("no such statement")')
    with pytest.raises(MigrationFailed, match="birds 0003") as caught:
        migrate(engine, [*known(), broken])
    assert "nothing was changed" in str(caught.value)
    assert tables(engine) == set()


def test_a_role_that_may_not_change_tables_is_told_who_should(postgres_url: str) -> None:
    url = make_url(postgres_url)
    strong = open_engine(url, PATIENT)
    role = f"weak_{url.database}"
    weak = open_engine(url.set(username=role, password="weak"), PATIENT)
    try:
        with strong.begin() as connection:
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'weak'"))
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        with pytest.raises(MigrationFailed, match=r"permission denied .* run `rookery database migrate`"):
            migrate(weak, known())
        migrate(strong, known())
        with strong.begin() as connection:
            connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        assert is_current(weak, known()), "once another role has done it, this one needs nothing more"
    finally:
        with strong.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}; DROP ROLE {role}"))
        weak.dispose()
        strong.dispose()


def test_it_goes_on_where_it_stopped(engine: Engine, birds: Callable[..., History]) -> None:
    migrate(engine, [birds(FIRST)])
    assert [step.revision for step in migrate(engine, [birds(FIRST, SECOND)])] == ["0002"]
    with engine.connect() as connection:
        assert current(connection, birds(FIRST, SECOND)) == "0002"


def test_an_app_comes_and_goes_without_the_others_noticing(engine: Engine, birds: Callable[..., History]) -> None:
    migrate(engine, known())
    assert [step.app for step in migrate(engine, [*known(), birds(FIRST)])] == ["birds"]
    assert migrate(engine, known()) == []
    assert "birds_nests" in tables(engine)


def test_changing_a_table_keeps_the_rows_that_refer_to_it(engine: Engine, birds: Callable[..., History]) -> None:
    """SQLite copies the table and drops the old one, which would delete them with `ON DELETE CASCADE`."""
    eggs = "CREATE TABLE birds_eggs (nest INTEGER REFERENCES birds_nests(id) ON DELETE CASCADE)"
    migrate(engine, [birds(FIRST, f'op.execute("{eggs}")')])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO birds_nests VALUES (1, 'oak')"))
        connection.execute(text("INSERT INTO birds_eggs VALUES (1)"))
    narrow = 'b = op.batch_alter_table("birds_nests")\n    with b as t: t.alter_column("tree", nullable=False)'
    migrate(engine, [birds(FIRST, f'op.execute("{eggs}")', narrow)])
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM birds_eggs")).scalar_one() == 1
        connection.execute(text("DELETE FROM birds_nests"))
        assert connection.execute(text("SELECT count(*) FROM birds_eggs")).scalar_one() == 0


def test_a_start_with_nothing_to_do_does_not_ask_alembic(engine: Engine, birds: Callable[..., History]) -> None:
    assert not is_current(engine, [birds(FIRST)])
    migrate(engine, [birds(FIRST)])
    assert is_current(engine, [birds(FIRST)])
    assert not is_current(engine, [birds(FIRST, SECOND)])
    assert is_current(engine, [])
    migrate(engine, [birds(FIRST, SECOND)])
    (birds(FIRST).folder / "m0002.py").unlink()
    assert not is_current(engine, [birds(FIRST)])  # so that the newer database is refused


def test_the_newest_file_of_each_app_is_its_last_revision() -> None:
    assert [history.newest for history in known()] == [history.head for history in known()]


def test_two_last_migrations_are_a_fault_of_the_folder(birds: Callable[..., History]) -> None:
    history = birds(FIRST, SECOND)
    (history.folder / "m0003.py").write_text(REVISION.format(number=3, parent='"0001"', work="pass"))
    with pytest.raises(HistoryBroken, match="2 last revisions"):
        history.head  # noqa: B018


def test_tables_without_a_folder_are_a_fault_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HistoryBroken, match="make migration"):
        History("birds", MetaData(), tmp_path / "none").head  # noqa: B018


def test_what_is_written_for_a_developer_makes_what_is_declared(engine: Engine, tmp_path: Path) -> None:
    for history in known():
        written = History(history.app, history.metadata, tmp_path / history.app)
        assert write(written, "everything at once") is not None
        migrate(engine, [written])
        with engine.connect() as connection:
            assert differences(connection, written) == []
        assert write(History(history.app, history.metadata, tmp_path / history.app), "again") is None
