"""One authority for all takers, on both databases, judged by logs that the takers write and the rate never sees."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.database.config import DatabaseConfig, parse_url
from actors.database.engine import open_engine
from actors.database.migration.context import differences
from actors.database.migration.history import history_of
from actors.database.migration.run import migrate
from actors.pipeline.rates import tables
from actors.pipeline.rates.shared import NoSuchRate, SharedRate, change, lease_seconds, read
from actors.pipeline.rates.window import Rate
from supervision.app import load_app
from tests.actors.pipeline.rates.things import Opened, most_in_any_window

CHECKOUT = Path(__file__).resolve().parents[4]
PATIENCE_SECONDS = 20.0


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/rates.sqlite"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(url: str) -> Iterator[Opened]:
    engine = open_engine(parse_url(url), DatabaseConfig())
    history = history_of(load_app("actors.pipeline.rates"))
    assert history is not None
    migrate(engine, [history])
    yield Opened(engine)
    engine.dispose()


class Hand:
    """The database's clock, turned by the test; so is the taker's own, which shows true time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.true_us = 1_000_000_000
        self.error_us = 0
        monkeypatch.setattr(tables, "now_us", lambda connection: self.true_us + self.error_us)

    def monotonic(self) -> float:
        return self.true_us / 1e6

    def advance(self, seconds: float) -> None:
        self.true_us += round(seconds * 1e6)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(monkeypatch)


def taker(database: Opened, hand: Hand, allowed: int = 10, interval: float = 10.0) -> SharedRate:
    return SharedRate(database, "mails", Rate.of(allowed, interval), hand.monotonic)


def start(url: str, log: Path, allowed: int, interval: float) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.actors.pipeline.rates.taker", url, "mails", str(allowed), str(interval)]
    return subprocess.Popen([*command, str(log)], cwd=CHECKOUT, stdin=subprocess.PIPE)


def wait_for_uses(log: Path, count: int) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        if log.exists() and len(log.read_text().splitlines()) >= count:
            return
        pause.wait(0.02)
    raise AssertionError(f"not {count} uses in time")


def test_the_migrations_make_the_tables(database: Opened) -> None:
    history = history_of(load_app("actors.pipeline.rates"))
    assert history is not None
    with database.read() as connection:
        assert differences(connection, history) == []


def test_processes_that_hammer_one_rate_never_exceed_it_also_when_one_is_killed(
    url: str, database: Opened, tmp_path: Path
) -> None:
    allowed, interval, log = 60, 0.6, tmp_path / "uses.log"
    takers = [start(url, log, allowed, interval) for _ in range(3)]
    try:
        wait_for_uses(log, allowed)
        takers[0].kill()
        takers.append(start(url, log, allowed, interval))
        wait_for_uses(log, 4 * allowed)
    finally:
        for one in takers:
            assert one.stdin is not None
            one.stdin.close()
        codes = [one.wait(PATIENCE_SECONDS) for one in takers]
    uses = [int(line) for line in log.read_text().splitlines()]
    assert codes == [-9, 0, 0, 0]
    assert most_in_any_window(uses, round(interval * 1e6)) <= allowed


def test_threads_with_different_keys_each_have_the_whole_rate(database: Opened, hand: Hand) -> None:
    taker(database, hand).declare()
    hand.advance(20)
    granted: list[int] = []

    def work() -> None:
        one = taker(database, hand)
        for _ in range(20):
            permits = one.take({"vodafone": [1], "telekom": [1] * 2}).passed
            granted.append(permits["vodafone"] * 1000 + permits["telekom"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert (sum(granted) // 1000, sum(granted) % 1000) == (10, 10)


def test_a_name_that_nobody_knows_counts_as_used_up(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    permits = one.take({"": [1] * 5})
    assert permits.passed == {"": 0}
    hand.advance(permits.wait_seconds[""])
    assert one.take({"": [1] * 99}).passed == {"": 10}


def test_a_record_that_was_lost_counts_as_used_up(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    one.declare()
    hand.advance(20)
    assert one.take({"": [1] * 10}).passed == {"": 10}
    with database.begin() as connection:
        connection.execute(tables.RATES.delete())
        connection.execute(tables.WINDOWS.delete())
    assert one.take({"": [1]}).passed == {"": 0}


def test_permits_are_good_for_one_lease_of_the_takers_own_clock(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    one.declare()
    hand.advance(20)
    assert one.take({"": [1]}).valid_until == pytest.approx(hand.monotonic() + lease_seconds(10.0))


def test_a_new_figure_holds_for_takers_that_know_nothing_of_it(database: Opened, hand: Hand) -> None:
    one, other = taker(database, hand), taker(database, hand)
    one.declare()
    hand.advance(20)
    assert one.take({"": [1] * 4}).passed == {"": 4}
    assert change(database, "mails", allowed=5).allowed == 5
    assert other.take({"": [1] * 9}).passed == {"": 1}
    assert read(database, "mails")[1] == 5


def test_a_changed_figure_outlives_a_start_unless_the_configuration_is_new(database: Opened, hand: Hand) -> None:
    taker(database, hand).declare()
    change(database, "mails", allowed=3)
    taker(database, hand).declare()
    assert read(database, "mails")[0].allowed == 3
    taker(database, hand, allowed=20).declare()
    assert read(database, "mails")[0].allowed == 20


def test_a_server_clock_that_jumps_ahead_lets_nothing_more_pass(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    one.declare()
    hand.advance(20)
    assert one.take({"": [1] * 10}).passed == {"": 10}
    hand.error_us += 3_600_000_000
    assert one.take({"": [1]}).passed == {"": 0}
    hand.advance(9)
    assert one.take({"": [1]}).passed == {"": 0}
    hand.advance(2)
    assert one.take({"": [1] * 99}).passed == {"": 10}


def test_a_server_clock_that_goes_back_costs_one_interval(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    one.declare()
    hand.advance(20)
    assert one.take({"": [1] * 10}).passed == {"": 10}
    hand.error_us -= 3_600_000_000
    assert one.take({"": [1], "new": [1]}).passed == {"": 0, "new": 0}
    hand.advance(11)
    assert one.take({"": [1] * 99, "new": [1] * 99}).passed == {"": 10, "new": 10}


def test_windows_that_no_longer_matter_are_removed(database: Opened, hand: Hand) -> None:
    one = taker(database, hand)
    one.declare()
    hand.advance(20)
    one.take({str(number): [1] for number in range(50)})
    hand.advance(100)
    one.take({"new": [1]})
    with database.read() as connection:
        assert [row.key for row in connection.execute(tables.WINDOWS.select())] == ["new"]


def test_a_rate_that_nobody_declared_cannot_be_read_or_changed(database: Opened) -> None:
    with pytest.raises(NoSuchRate):
        change(database, "nobody", allowed=1)
    with pytest.raises(NoSuchRate):
        read(database, "nobody")


def test_the_lease_is_short_against_the_interval() -> None:
    assert lease_seconds(1.0) < 0.05
    assert lease_seconds(86_400.0) == 1.0
