"""Events, rules and shadows as rows, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from apps.email.config import Email
from apps.email.rulebook import shadows
from apps.email.rulebook.book import history, latest, write
from apps.email.rulebook.events import between, keep, prune
from apps.email.rulebook.replay import replay
from apps.email.templates import Templates
from tests.apps.email.deciding import event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_many_events_are_read_in_their_order_and_old_ones_forgotten(engine: Engine) -> None:
    with engine.begin() as conn:
        for number in range(3):
            keep(conn, [event(f"{number}-{one:03}") for one in range(400)], NOON.timestamp() + number // 2)
        shadows.keep(conn, {"k" * 40: b"mail"}, NOON.timestamp())
    with engine.begin() as conn:
        found = [one.id for _, one in between(conn, NOON, NOON + HOUR, ["password_reset"])]
        assert found == sorted(found) and len(found) == 1200
        assert prune(conn, NOON + timedelta(seconds=1)) == 801
        assert len(list(between(conn, NOON, NOON + HOUR, ["password_reset"]))) == 400
        assert prune(conn, NOON) == 0


def test_the_last_version_of_each_rule_counts(engine: Engine) -> None:
    with engine.begin() as conn:
        for number, rule in enumerate(({"a": 1}, {"a": 2}, None)):
            write(conn, "first", rule, "ada", f"note {number}", NOON.timestamp())
        write(conn, "second", {"b": 1}, "bob", "", NOON.timestamp())
        assert [(one.name, one.version, one.rule) for one in latest(conn)] == [
            ("first", 3, None),
            ("second", 1, {"b": 1}),
        ]
        assert [one.rule for one in history(conn, "first")] == [None, {"a": 2}, {"a": 1}]
        assert history(conn, "first")[0].changed_at == NOON


def test_a_replay_of_what_left_no_mail_calls_all_of_it_new(engine: Engine, config: Email, own: Templates) -> None:
    with engine.begin() as conn:
        keep(conn, [event(1), event(2)], NOON.timestamp())
        found = replay(conn, config, own, NOON, NOON + HOUR, limit=1)
    assert (found["events"], found["new"], len(found["differences"])) == (2, 2, 1)
