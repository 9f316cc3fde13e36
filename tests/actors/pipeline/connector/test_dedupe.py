"""The deduplication window: its pure decision, and the claims on both databases."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from actors.broker.message import Delivery, Message, Tag
from actors.database import Database
from actors.database.pool import PATH, pool_supervisor
from actors.pipeline.connector import dedupe
from actors.pipeline.connector.dedupe import LEASE_SECONDS, Claim, Front, Verdict, Window, judge
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.tables import METADATA
from supervision import State
from supervision.testing import running
from tests.actors.database.things import QUICK

NOW = 1000.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path) -> URL:
    if request.param == "sqlite":
        return make_url(f"sqlite:///{tmp_path}/test.sqlite")
    return make_url(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    with running(pool_supervisor(database_url, QUICK, METADATA.create_all)) as app:
        app.wait_state(PATH, State.RUNNING)
        yield Database(app.system)


def claim(database: Database, *keys: str, holder: str = "me", now: float = NOW, working=()) -> list[str]:
    with database.begin() as conn:
        verdicts = dedupe.claim(conn, keys, holder, now, working)
    return [str(verdicts[key]) for key in keys]


@pytest.mark.parametrize(
    ("row", "dead", "verdict"),
    [
        (None, False, Verdict.NEW),
        (Claim("done", "x", NOW + 1), False, Verdict.COPY),
        (Claim("done", "x", NOW), False, Verdict.NEW),
        (Claim("open", "x", NOW + 1), False, Verdict.BUSY),
        (Claim("open", "x", NOW), False, Verdict.TAKEN_OVER),
        (Claim("open", "x", NOW + 1), True, Verdict.TAKEN_OVER),
        (Claim("done", "x", NOW + 1), True, Verdict.COPY),
    ],
)
def test_what_a_row_says(row, dead, verdict) -> None:
    assert judge(row, NOW, dead) is verdict


def test_a_key_is_new_once_busy_while_it_is_worked_on_and_then_a_copy(database: Database) -> None:
    assert claim(database, "a") == ["new"]
    assert claim(database, "a", holder="you") == ["busy"]
    assert claim(database, "a", working={"a"}) == ["busy"]
    with database.begin() as conn:
        dedupe.finish(conn, ["a"], NOW + 60)
    assert claim(database, "a", "b", holder="you") == ["copy", "new"]
    assert claim(database, "a", now=NOW + 60) == ["new"]


def test_a_claim_of_my_own_dead_incarnation_is_taken_over_at_once(database: Database) -> None:
    claim(database, "a")
    assert claim(database, "a", working=()) == ["taken over"]


def test_a_claim_of_another_process_is_taken_over_when_its_lease_is_over(database: Database) -> None:
    claim(database, "a", holder="you")
    assert claim(database, "a", now=NOW + LEASE_SECONDS - 1) == ["busy"]
    assert claim(database, "a", now=NOW + LEASE_SECONDS) == ["taken over"]
    assert claim(database, "a", holder="you", now=NOW + LEASE_SECONDS) == ["busy"]


def test_a_sign_of_life_extends_the_lease(database: Database) -> None:
    claim(database, "a", holder="you")
    with database.begin() as conn:
        dedupe.extend(conn, ["a"], "you", NOW + 20)
    assert claim(database, "a", now=NOW + LEASE_SECONDS + 1) == ["busy"]


def test_what_was_released_is_new_again_but_only_for_its_holder_to_release(database: Database) -> None:
    claim(database, "a")
    with database.begin() as conn:
        dedupe.release(conn, ["a"], "you")
    assert claim(database, "a", holder="you") == ["busy"]
    with database.begin() as conn:
        dedupe.release(conn, ["a"], "me")
    assert claim(database, "a", holder="you") == ["new"]


def test_what_was_done_is_not_released(database: Database) -> None:
    claim(database, "a")
    with database.begin() as conn:
        dedupe.finish(conn, ["a"], NOW + 60)
        dedupe.release(conn, ["a"], "me")
    assert claim(database, "a") == ["copy"]


def test_old_rows_are_cleared_out(database: Database) -> None:
    claim(database, "a")
    with database.begin() as conn:
        dedupe.forget(conn, NOW + 3 * LEASE_SECONDS)
    assert claim(database, "a", holder="you") == ["new"]


def test_the_front_knows_the_latest_and_only_as_long_as_the_window() -> None:
    front = Front(2)
    front.note(["a", "b"], NOW + 10)
    assert front.knows("a", NOW)
    front.note(["c"], NOW + 10)
    assert not front.knows("a", NOW)
    assert not front.knows("b", NOW + 10)
    assert len(front) == 1


def test_a_window_is_checked() -> None:
    with pytest.raises(WrongOption):
        Window(0)
    with pytest.raises(WrongOption):
        Window(1, front=-1)


def test_a_message_without_an_id_is_never_a_copy() -> None:
    window = Window(60)
    without, with_id = (Delivery(Tag(1, 1), Message(b"", message_id=one), "q", False, 0) for one in ("", "a"))
    assert window.key_of(without) == ""
    assert window.key_of(with_id) != Window(60, scope="other").key_of(with_id)


STEPS = st.lists(
    st.tuples(st.sampled_from(["deliver", "finish", "fail", "die"]), st.integers(0, 1), st.floats(0, 20)), max_size=30
)


@given(STEPS)
def test_nothing_is_handled_twice_within_the_window_nor_ever_lost(steps) -> None:
    """Two processes and one key, as a model: who is told `ours` is the only one working on it, unless he is dead."""
    now, row, working = NOW, None, set()
    done_until = 0.0
    for action, who, seconds in steps:
        now += seconds
        if action == "deliver":
            verdict = judge(row, now, row is not None and row.holder == f"{who}" and who not in working)
            if verdict is Verdict.COPY:
                assert now < done_until
            elif verdict.ours:
                assert now >= done_until
                assert row is None or row.holder != f"{1 - who}" or row.state == "done" or now >= row.until
                row, working = Claim("open", f"{who}", now + LEASE_SECONDS), working | {who}
        elif row is not None and row.state == "open" and row.holder == f"{who}":
            if action == "finish" and who in working:
                done_until = now + 60
                row = Claim("done", f"{who}", done_until)
            if action == "fail" and who in working:
                row = None
            working = working - {who}
    later = max(now, done_until, row.until if row else 0.0)
    assert judge(row, later, False).ours  # nothing stays blocked for ever
