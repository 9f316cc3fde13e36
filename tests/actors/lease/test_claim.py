"""One row, on both databases: granted once, fenced by its epoch."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine

from actors.database.engine import open_engine
from actors.database.migration.context import differences
from actors.database.migration.history import history_of
from actors.database.migration.run import migrate
from actors.lease import LeaseLost, claim, fenced
from actors.lease.watch import Watch
from supervision.app import load_app
from tests.actors.database.things import QUICK

TERM = 10_000_000
PATIENCE_SECONDS = 20.0


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = open_engine(database_url, QUICK.model_copy(update={"pool_size": 8, "acquire_timeout_seconds": 10.0}))
    history = history_of(load_app("actors.lease"))
    assert history is not None
    migrate(engine, [history])
    yield engine
    engine.dispose()


def take(engine: Engine, term: int = TERM) -> int | None:
    with engine.begin() as connection:
        return claim.take(connection, "birds", "me", term, Watch(), 0)


def test_the_migrations_make_the_table(engine: Engine) -> None:
    history = history_of(load_app("actors.lease"))
    assert history is not None
    with engine.begin() as connection:
        assert differences(connection, history) == []


def test_of_many_who_ask_at_once_one_is_granted(engine: Engine) -> None:
    epochs: list[int | None] = []
    threads = [threading.Thread(target=lambda: epochs.append(take(engine))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert sorted(epochs, key=str) == [1, None, None, None, None, None]


def test_what_is_released_is_granted_under_the_next_epoch(engine: Engine) -> None:
    assert take(engine) == 1
    assert take(engine) is None
    with engine.begin() as connection:
        claim.release(connection, "birds", 1)
    assert take(engine) == 2
    with engine.begin() as connection:
        claim.release(connection, "birds", 1)
        assert not claim.renew(connection, "birds", 1, TERM)
        assert claim.renew(connection, "birds", 2, TERM)
    assert take(engine) is None


def test_what_has_expired_is_granted_to_another_or_renewed_whoever_comes_first(engine: Engine) -> None:
    assert take(engine, term=1) == 1
    with engine.begin() as connection:
        assert claim.renew(connection, "birds", 1, 1)
    assert take(engine) == 2


def test_a_write_under_an_older_epoch_is_refused(engine: Engine) -> None:
    take(engine, term=1)
    with engine.begin() as connection:
        fenced(connection, "birds", 1)
    take(engine)
    with pytest.raises(LeaseLost, match="no longer held under epoch 1"), engine.begin() as connection:
        fenced(connection, "birds", 1)
    with pytest.raises(LeaseLost), engine.begin() as connection:
        fenced(connection, "nobody", 1)


def test_nobody_is_granted_it_while_a_fenced_transaction_is_open(engine: Engine) -> None:
    take(engine, term=1)
    order: list[str] = []

    def contend() -> None:
        take(engine)
        order.append("granted")

    contender = threading.Thread(target=contend)
    with engine.begin() as connection:
        fenced(connection, "birds", 1)
        contender.start()
        contender.join(0.3)
        order.append("committed")
    contender.join(PATIENCE_SECONDS)
    assert order == ["committed", "granted"]
