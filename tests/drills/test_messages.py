"""Messages that nobody can handle, among those that flow: each is counted or laid aside, and none blocks the way."""

from pathlib import Path
from typing import Any

import pytest

from actors.broker import Message
from tests.drills.servers import publish, site_on, survive
from tests.drills.site import Site

pytestmark = pytest.mark.timeout(120)

TWENTY_MEGABYTES = 20_000_000
UNROUTABLE = 1000
#: A type of event that the email app has a rule for, so that it must read the message.
KEY = "password_reset"
#: Nested so deeply that reading it fails in a way that nobody thought of.
POISON = b"[" * 100_000


@pytest.fixture(params=["embedded", "rabbitmq"])
def broker(request: pytest.FixtureRequest, vhost: str) -> str | None:
    """URL; None for the embedded one."""
    return vhost if request.param == "rabbitmq" else None


def letters_of(here: Site) -> dict[str, dict[str, Any]]:
    return {letter["message_id"]: letter for letter in here.ask("broker.dead_letters")}


def test_a_poison_message_one_of_20_megabytes_and_a_thousand_unroutable_ones(
    tmp_path: Path, broker: str | None
) -> None:
    with site_on(tmp_path / "home", broker, None) as here:

        def fault() -> None:
            nowhere = [Message(b"{}", "nobody", message_id=f"lost-{number}") for number in range(UNROUTABLE)]
            large = Message(b"{" + b" " * TWENTY_MEGABYTES, KEY, "events", message_id="large")
            poison = Message(POISON, KEY, "events", message_id="poison")
            done = publish(here, broker, [*nowhere, large, poison])
            assert done.unroutable == set(range(UNROUTABLE))

        survive(here, fault, letters={"large", "poison"})
        letters = letters_of(here)
        assert "not valid JSON" in letters["large"]["deaths"][0]["reason"]
        assert "recursion" in letters["poison"]["deaths"][0]["reason"]
        assert here.rows()["/broker/publisher"]["restarts"] == 0
        assert here.stop() == 0
