"""What is known about messages that were in hand when a stage died, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from actors.database import Database
from actors.database.pool import PATH, pool_supervisor
from actors.pipeline.connector import deaths
from actors.pipeline.connector.deaths import FORGET_SECONDS, KILLED, TRACEBACK_CHARACTERS, Death
from actors.pipeline.connector.suspicion import Record
from actors.pipeline.connector.tables import METADATA
from supervision import State
from supervision.testing import running
from tests.actors.database.things import QUICK


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path) -> Iterator[Database]:
    sqlite = f"sqlite:///{tmp_path}/test.sqlite"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with running(pool_supervisor(make_url(url), QUICK, METADATA.create_all)) as app:
        app.wait_state(PATH, State.RUNNING)
        yield Database(app.system)


def known(database: Database, identity: str = "a", process: str = "me") -> Record:
    with database.begin() as conn:
        return deaths.records(conn, [identity], process, 1000.0).get(identity, Record())


def blame(database: Database, *found: Death) -> None:
    with database.begin() as conn:
        deaths.blame(conn, found, 1000.0)


def test_deaths_add_up_and_the_last_traceback_stays(database: Database) -> None:
    blame(database, Death("a", False, "first"), Death("b", False, "first"))
    blame(database, Death("a", True, "last"))
    assert known(database) == Record(2, 1, "last")
    assert known(database, "b") == Record(1, 0, "first")
    assert known(database, "c") == Record()


def test_a_trial_that_another_process_left_open_is_a_death_of_that_process(database: Database) -> None:
    with database.begin() as conn:
        deaths.open_trials(conn, ["a"], "a process that was killed", 1000.0)
    assert known(database) == Record(1, 1, KILLED)
    assert known(database) == Record(1, 1, KILLED)  # counted once


def test_a_trial_of_this_process_is_still_going_on(database: Database) -> None:
    with database.begin() as conn:
        deaths.open_trials(conn, ["a"], "me", 1000.0)
    assert known(database) == Record()


def test_a_trial_that_was_closed_proves_nothing(database: Database) -> None:
    blame(database, Death("a", False, "first"))
    with database.begin() as conn:
        deaths.open_trials(conn, ["a"], "you", 1000.0)
        deaths.close_trials(conn, ["a"])
    assert known(database) == Record(1, 0, "first")


def test_who_survived_is_forgotten_and_so_is_who_never_came_again(database: Database) -> None:
    blame(database, Death("a", True, ""), Death("b", True, ""))
    with database.begin() as conn:
        deaths.forget(conn, ["a"], 1000.0)
    assert known(database) == Record()
    assert known(database, "b") == Record(1, 1, "")
    with database.begin() as conn:
        deaths.forget(conn, (), 1001.0 + FORGET_SECONDS)
    assert known(database, "b") == Record()


def test_of_a_long_traceback_the_end_is_kept(database: Database) -> None:
    blame(database, Death("a", True, "x" * 2 * TRACEBACK_CHARACTERS + "\0the error"))
    assert len(known(database).traceback) == TRACEBACK_CHARACTERS
    assert known(database).traceback.endswith("x\ufffdthe error")
