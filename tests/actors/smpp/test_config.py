import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from actors.smpp import bind_spec
from tests.actors.smpp.wire import config


@pytest.mark.parametrize(
    "options",
    [
        {"hosts": ()},
        {"hosts": ("smsc.example.org",)},
        {"hosts": ("smsc.example.org:port",)},
        {"hosts": (":2775",)},
        {"hosts": ("smsc.example.org:70000",)},
        {"system_id": "x" * 16},
        {"password": "Grüße"},
        {"password": "x" * 65},
        {"window": 0},
        {"time_zone": "Atlantis"},
        {"tlvs": {0x1400: "no hex"}},
        {"tlvs": {0x10000: "00"}},
        {"country_code": "+49"},
        {"long_texts": "scissors"},
        {"colour": "blue"},
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**options)


def test_the_password_is_not_shown() -> None:
    shown = config(password="hunter2")
    assert "hunter2" not in f"{shown!r} {shown} {bind_spec('bind', 'acme', shown, '/hub', '/intake')!r}"


def test_a_bind_may_run_in_a_process_of_its_own() -> None:
    spec = bind_spec("bind", "acme", config(), "/hub", "/intake")
    assert pickle.loads(pickle.dumps(spec)).args[1] == config()
