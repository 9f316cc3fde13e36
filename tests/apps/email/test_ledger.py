import threading
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, text

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.email import ledger
from apps.email.config import MailClass
from apps.email.jobs import Job
from apps.email.ledger import Claim, Result
from apps.email.states import Plan, State, plan
from apps.email.trace import Trace

ME, OTHER = "root-1/email/bulk/dispatcher#1", "root-2/email/bulk/dispatcher#1"


def job(key: str = "k1", mail_class: MailClass = "transactional") -> Job:
    return Job(
        key=key,
        event_type="password_reset",
        event_source="/shop",
        event_id="e1",
        template="password_reset",
        mail_class=mail_class,
        person="ada@example.org",
        address="ada@example.org",
    )


def a_claim(key: str = "k1", mail_class: MailClass = "transactional") -> Claim:
    trace = Trace().note("rule", event="password_reset")
    return Claim(job(key, mail_class), f"<{key}@example.org>", "en", trace)


def claimed(conn: Connection, *keys: str, by: str = ME, mail_class: MailClass = "transactional") -> frozenset[str]:
    return ledger.claim(conn, [a_claim(key, mail_class) for key in keys], by, 1.0)


def state(conn: Connection, key: str = "k1") -> State:
    return ledger.look_up(conn, [key])[key].state


def test_a_claim_is_kept_with_all_that_is_known_of_the_mail(engine: Engine) -> None:
    with engine.begin() as conn:
        assert claimed(conn, "k1") == {"k1"}
    with engine.begin() as conn:
        entry = ledger.look_up(conn, ["k1", "nobody"])["k1"]
        assert ledger.find(conn, "<k1@example.org>") == [entry] == ledger.find(conn, "k1")
    assert (entry.state, entry.claimed_by, entry.attempts, entry.doubts) == (State.CLAIMED, ME, 1, 0)
    assert (entry.person, entry.locale, entry.created_at.timestamp()) == ("ada@example.org", "en", 1.0)
    assert entry.trace.steps == ({"step": "rule", "event": "password_reset"},)


def test_nothing_is_asked_of_the_database_for_nothing(engine: Engine) -> None:
    with engine.begin() as conn:
        assert ledger.look_up(conn, []) == {}
        assert ledger.claim(conn, [], ME, 1.0) == frozenset()
        assert ledger.settle(conn, [], ME, 1.0) == 0
        assert ledger.mark_in_doubt(conn, [], "", 1.0) == ledger.unclaim(conn, [], ME, "", 1.0) == frozenset()
        assert ledger.find(conn, "nobody") == []


def test_a_mail_is_found_by_how_its_key_begins(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "abcd", "abcdef", "abce", "ff00")
        found = {name: [entry.key for entry in ledger.find(conn, name)] for name in ("abcd", "abcde", "abc", "ff", "0")}
    assert found == {"abcd": ["abcd"], "abcde": ["abcdef"], "abc": ["abcd", "abcdef"], "ff": ["ff00"], "0": []}


def test_a_claim_that_somebody_holds_is_not_won(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1")
        assert claimed(conn, "k1", "k2", by=OTHER) == {"k2"}
        assert ledger.look_up(conn, ["k1"])["k1"].claimed_by == ME


def test_the_same_key_twice_in_one_batch_is_one_claim(engine: Engine) -> None:
    with engine.begin() as conn:
        assert claimed(conn, "k1", "k1") == {"k1"}
        assert ledger.look_up(conn, ["k1"])["k1"].attempts == 1


@pytest.mark.parametrize("final", [State.HANDED, State.FAILED])
def test_what_is_settled_stays_settled(engine: Engine, final: State) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1")
        assert ledger.settle(conn, [Result("k1", final, code=250)], ME, 2.0) == 1
        assert ledger.settle(conn, [Result("k1", State.DEFERRED)], ME, 3.0) == 0
        assert ledger.mark_in_doubt(conn, ["k1"], "gone", 3.0) == frozenset()
        assert ledger.unclaim(conn, ["k1"], ME, "not sent", 3.0) == frozenset()
        assert claimed(conn, "k1") == frozenset()
        assert state(conn) == final


def test_an_outcome_brings_the_servers_reply_and_the_trace(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1")
        trace = Trace().note("reply", code=550)
        result = Result("k1", State.FAILED, "no such user", 550, "5.1.1", "5.1.1 no\r\nsuch user\0", trace)
        ledger.settle(conn, [result], ME, 2.0)
        entry = ledger.look_up(conn, ["k1"])["k1"]
    assert (entry.code, entry.enhanced, entry.reply) == (550, "5.1.1", "5.1.1 no  such user ")
    assert (entry.reason, entry.trace, entry.changed_at.timestamp()) == ("no such user", trace, 2.0)


def test_only_the_holder_of_a_claim_says_what_became_of_it(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1")
        assert ledger.settle(conn, [Result("k1", State.HANDED)], OTHER, 2.0) == 0
        assert ledger.unclaim(conn, ["k1"], OTHER, "not sent", 2.0) == frozenset()
        assert state(conn) is State.CLAIMED


def test_a_deferred_mail_is_claimed_again_and_counts_its_attempts(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1")
        ledger.settle(conn, [Result("k1", State.DEFERRED, "451 later", 451)], ME, 2.0)
        assert claimed(conn, "k1", by=OTHER) == {"k1"}
        entry = ledger.look_up(conn, ["k1"])["k1"]
    assert (entry.state, entry.attempts, entry.reason, entry.code) == (State.CLAIMED, 2, None, None)


def test_a_claim_given_back_is_anybodys(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", mail_class="bulk")
        assert ledger.unclaim(conn, ["k1"], ME, "the sender died first", 2.0) == {"k1"}
        assert claimed(conn, "k1", by=OTHER, mail_class="bulk") == {"k1"}
        assert ledger.look_up(conn, ["k1"])["k1"].doubts == 0


def test_a_transactional_mail_in_doubt_is_sent_again_and_stays_listed(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", by=OTHER)
        assert ledger.mark_in_doubt(conn, ["k1", "k2"], "killed", 2.0) == {"k1"}
        assert claimed(conn, "k1") == {"k1"}
        ledger.settle(conn, [Result("k1", State.HANDED, code=250)], ME, 3.0)
        (entry,) = ledger.doubted(conn, 10)
    assert (entry.key, entry.state, entry.doubts, entry.attempts) == ("k1", State.HANDED, 1, 2)


def test_a_bulk_mail_in_doubt_is_never_sent_again(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", mail_class="bulk")
        assert ledger.settle(conn, [Result("k1", State.IN_DOUBT, "connection lost")], ME, 2.0) == 1
        assert claimed(conn, "k1", by=OTHER, mail_class="bulk") == frozenset()
        assert state(conn) is State.IN_DOUBT
        assert [entry.doubts for entry in ledger.doubted(conn, 10)] == [1]


def test_a_late_answer_resolves_the_doubt(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", mail_class="bulk")
        ledger.mark_in_doubt(conn, ["k1"], "the dispatcher died", 2.0)
        assert ledger.settle(conn, [Result("k1", State.IN_DOUBT)], ME, 3.0) == 0
        assert ledger.settle(conn, [Result("k1", State.HANDED)], ME, 3.0) == 1
        entry = ledger.look_up(conn, ["k1"])["k1"]
    assert (entry.state, entry.doubts) == (State.HANDED, 1)
    assert entry.doubted_at is not None and entry.doubted_at.timestamp() == 2.0


def test_a_late_answer_about_a_claim_that_somebody_else_took_over_is_ignored(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", by=OTHER)
        ledger.mark_in_doubt(conn, ["k1"], "killed", 2.0)
        claimed(conn, "k1", by=ME)
        assert ledger.settle(conn, [Result("k1", State.DEFERRED)], OTHER, 3.0) == 0
        assert state(conn) is State.CLAIMED


def test_a_suppressed_mail_is_recorded_without_a_claim(engine: Engine) -> None:
    suppressed = replace(a_claim(), state=State.SUPPRESSED, reason="hard bounce")
    with engine.begin() as conn:
        assert ledger.claim(conn, [suppressed], ME, 1.0) == {"k1"}
        entry = ledger.look_up(conn, ["k1"])["k1"]
        assert (entry.state, entry.reason, entry.attempts) == (State.SUPPRESSED, "hard bounce", 0)
        assert entry.claimed_by is None
        assert claimed(conn, "k1") == frozenset()


def test_moves_that_the_state_machine_does_not_know_are_refused(engine: Engine) -> None:
    with engine.begin() as conn:
        with pytest.raises(ValueError, match="cannot begin"):
            ledger.claim(conn, [replace(a_claim(), state=State.HANDED)], ME, 1.0)
        with pytest.raises(ValueError, match="cannot end"):
            ledger.settle(conn, [Result("k1", State.CLAIMED)], ME, 1.0)


def test_the_books_count_by_class_and_state(engine: Engine) -> None:
    with engine.begin() as conn:
        claimed(conn, "k1", "k2", "k3")
        claimed(conn, "k4", mail_class="bulk")
        ledger.settle(conn, [Result("k1", State.HANDED), Result("k2", State.IN_DOUBT)], ME, 2.0)
        lines = [(line.mail_class, line.state.value, line.mails, line.doubted) for line in ledger.books(conn)]
    assert lines == [
        ("bulk", "claimed", 1, 0),
        ("transactional", "claimed", 1, 0),
        ("transactional", "handed", 1, 0),
        ("transactional", "in_doubt", 1, 1),
    ]


def test_of_claimants_that_race_exactly_one_wins_each_key(engine: Engine) -> None:
    keys = [f"k{number}" for number in range(100)]
    won: dict[str, frozenset[str]] = {}

    def race(me: str, order: list[str]) -> None:
        with engine.begin() as conn:
            won[me] = claimed(conn, *order, by=me)

    racers = [
        threading.Thread(target=race, args=(f"racer-{number}", keys[number:] + keys[:number])) for number in range(6)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert sorted(key for keys_won in won.values() for key in keys_won) == sorted(keys)


def test_every_plan_that_sends_wins_its_claim_and_no_other_does(engine: Engine) -> None:
    """The pure plan and the statement's condition are the same rule, written twice."""
    moves = {
        State.HANDED: [Result("k", State.HANDED)],
        State.FAILED: [Result("k", State.FAILED)],
        State.DEFERRED: [Result("k", State.DEFERRED)],
        State.IN_DOUBT: [Result("k", State.IN_DOUBT)],
        State.CLAIMED: [],
    }
    classes: tuple[MailClass, ...] = ("transactional", "bulk")
    for mail_class in classes:
        for number, (reached, results) in enumerate(moves.items()):
            key = f"{mail_class}-{number}"
            with engine.begin() as conn:
                claimed(conn, key, by=OTHER, mail_class=mail_class)
                ledger.settle(conn, [replace(result, key=key) for result in results], OTHER, 2.0)
                assert state(conn, key) is reached
                sends = plan(reached, OTHER, mail_class, ME, redelivered=True) is Plan.SEND
                assert claimed(conn, key, by=ME, mail_class=mail_class) == ({key} if sends else frozenset())


def test_an_outcome_is_found_by_its_key_whatever_else_is_claimed(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL counts the rows it reads")
    keys = [f"k{number}" for number in range(3000)]
    read = text(
        "SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_xact_user_tables "
        "WHERE relname LIKE 'email\\_ledger%'"
    )
    ours = open_engine(engine.url, DatabaseConfig())
    with ours.begin() as conn:
        assert len(claimed(conn, *keys)) == len(keys)
    with ours.begin() as conn:
        assert ledger.settle(conn, [Result(key, State.HANDED) for key in keys[:100]], ME, 3.0) == 100
        assert len(ledger.look_up(conn, keys[:100])) == 100
        assert conn.execute(read).scalar_one() < 1000
    ours.dispose()
