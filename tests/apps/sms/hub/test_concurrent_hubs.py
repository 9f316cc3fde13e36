"""Several hubs on one PostgreSQL: one at a time works on a conversation, and an opt-out comes in between."""

import threading
from collections import Counter
from collections.abc import Callable

from sqlalchemy import Engine, make_url

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.people.tables import METADATA as PEOPLE
from apps.sms.hub import leaders, waiting
from apps.sms.hub.leaders import Leaders
from apps.sms.hub.working import work
from apps.sms.states import MemberState
from apps.sms.tables import METADATA
from tests.apps.sms.hub.conversing import NOW, QUESTIONS, arrived, lead, member, out, put, rows, stop

HUBS, LEADERS, MEMBERS = 4, 3, 8
SAID = ("hi", "Mary", "1980", "one", "two", "three")
PATIENCE_SECONDS = 30.0


def ours(number: int) -> str:
    return f"+1555000100{number}"


def member_number(number: int) -> str:
    return f"+1555200000{number}"


def drain(engine: Engine) -> None:
    """A hub, until nothing waits; a few texts at a time, so that hubs meet."""
    known = Leaders()
    while True:
        with engine.begin() as conn:
            turn = waiting.leaders_after(conn, "", LEADERS)
            held = leaders.hold(conn, turn, waiting=False)
            found = waiting.next_texts(conn, held, 3)
            if found:
                work(conn, found, known.read(conn, held), NOW)
        if not turn:
            return


def together(*tasks: Callable[[], object]) -> None:
    failed: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert failed == []


def test_every_conversation_is_in_order_and_answered_once(postgres_url: str) -> None:
    engine = open_engine(make_url(postgres_url), DatabaseConfig())
    for metadata in (PEOPLE, METADATA):
        metadata.create_all(engine)
    for number in range(LEADERS):
        lead(engine, f"leader-{number}", ours(number), **QUESTIONS)
    everybody = [(who, whom) for who in range(MEMBERS) for whom in range(LEADERS)]
    for turn, body in enumerate(SAID):
        put(
            engine,
            *(arrived(f"{turn}-{who}-{whom}", body, member_number(who), ours(whom), turn) for who, whom in everybody),
        )
    leaving = [arrived(f"stop-{who}", "STOP", member_number(who), ours(0), 10) for who in range(MEMBERS)]
    together(*[lambda: drain(engine)] * HUBS, *(lambda one=one: stop(engine, one) for one in leaving))
    for who, whom in everybody:
        texts = [row.body for row in out(engine, member=member_number(who), leader=f"leader-{whom}")]
        state = member(engine, member_number(who), f"leader-{whom}").state
        if whom == 0:
            assert state is MemberState.LEFT and sum("You left" in text for text in texts) == 1
        else:
            assert (state, [text.split()[0] for text in texts]) == (MemberState.JOINED, ["Hi,", "Which", "Thanks,"])
    assert Counter(row.state for row in rows(engine, direction="in")) == {
        "settled": len(everybody) * len(SAID) + MEMBERS
    }
    engine.dispose()
