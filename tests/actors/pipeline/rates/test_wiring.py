"""What `rate_limiting` says is what limits."""

from pathlib import Path

import pytest

from actors.database.config import DatabaseConfig
from actors.database.migration.history import history_of
from actors.database.migration.run import migrate
from actors.database.pool import pool_supervisor
from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.errors import WrongOption
from actors.pipeline.limiter import FixedWindow
from actors.pipeline.message import Message
from actors.pipeline.options import RateOptions, check
from actors.pipeline.rates.limiter import RateLimiter
from actors.pipeline.rates.shared import read
from actors.pipeline.rates.wiring import limiter_of
from supervision import System
from supervision.app import load_app
from supervision.testing import FakeClock, running


def message(data: str) -> Message:
    return Message(data, (NO_ACK, None, None))


def options(**given: object) -> RateOptions:
    return RateOptions.model_validate({"allowed_messages": 2, "interval_seconds": 10.0, **given})


@pytest.fixture
def system() -> System:
    return System(clock=FakeClock())


def test_a_plain_number_is_a_fixed_window(system: System) -> None:
    assert isinstance(limiter_of(options(), system), FixedWindow)


@pytest.mark.parametrize("given", [{"window": "sliding"}, {"per_key": str}, {"cost": lambda message: 1}])
def test_the_rest_slides(system: System, given: dict[str, object]) -> None:
    assert isinstance(limiter_of(options(**given), system), RateLimiter)


def test_keys_are_those_of_the_option(system: System) -> None:
    limiter = limiter_of(options(per_key=lambda message: message.data[0]), system)
    names = ("a1", "a2", "a3", "b1")
    assert [one.data for one in limiter.admit([message(name) for name in names], 0.0).held] == ["a3"]


def test_a_shared_rate_is_the_databases_and_closed_without_it(tmp_path: Path) -> None:
    from actors.database import Database

    config = DatabaseConfig()
    url = config.with_url(f"sqlite:///{tmp_path}/rates.sqlite").resolved(tmp_path)
    history = history_of(load_app("actors.pipeline.rates"))
    assert history is not None
    with running(pool_supervisor(url, config, lambda engine: migrate(engine, [history]))) as run:
        limiter = limiter_of(options(scope="shared", name="partner", interval_seconds=0.3), run.system)
        assert [one.data for one in limiter.admit([message("early")], 0.0).held] == ["early"]
        run.wait_state("/database/pool", "running")
        limiter.admit([message("asks")], 1.0)
        assert read(Database(run.system), "partner")[0].allowed == 2


def test_a_name_belongs_to_a_shared_rate() -> None:
    for wrong in ({"name": "x"}, {"scope": "shared"}):
        rate = {"allowed_messages": 1, "interval_seconds": 1.0, **wrong}
        with pytest.raises(WrongOption, match="a shared rate has a name"):
            check({"handler": None, "producer": {"actor": str, "rate_limiting": rate}})
