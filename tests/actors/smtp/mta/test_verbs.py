"""The rules of a running server, changed through the verbs and seen in its answers."""

from pathlib import Path
from typing import Any

import pytest

from actors.smtp import Outcome
from actors.smtp.mta import APP, store
from actors.smtp.mta.errors import NoSuchRule, NotRunning
from supervision.testing import running
from supervision.verbs import Site, Verb, WrongParams
from tests.actors.smtp.mta.running import RunningMta, running_mta, settings_for
from tests.actors.smtp.scripted import a_mail

A, D, R, U = Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.REFUSED, Outcome.UNSENT
VERBS: dict[str, Verb] = {verb.name: verb for verb in APP.load("verbs")}


def ask(mta: RunningMta, verb: str, **params: Any) -> Any:
    return VERBS[f"mta.{verb}"](Site(mta.run.system, mta.settings), params)


def test_rules_are_added_used_and_taken_away_while_it_runs(tmp_path: Path) -> None:
    with running_mta(tmp_path, behaviour=[{"reply": "550 5.1.1 configured"}]) as mta:
        assert mta.outcomes(a_mail(1)) == [R]
        ask(mta, "add", rule={"reply": "451 4.7.1 later"})
        assert mta.outcomes(a_mail(2)) == [D]
        rows = ask(mta, "rules")
        assert [(row["number"], row["used"], row["rule"]) for row in rows] == [
            (1, 1, {"reply": "451 4.7.1 later"}),
            (2, 1, {"reply": "550 5.1.1 configured"}),
        ]
        ask(mta, "set", rules=[])
        assert mta.outcomes(a_mail(3)) == [A]
        assert [row["rule"] for row in ask(mta, "set")] == [{"reply": "550 5.1.1 configured"}]
        assert ask(mta, "remove", number=1) == []
        with pytest.raises(NoSuchRule):
            ask(mta, "remove", number=1)
        with pytest.raises(WrongParams, match="rule needs"):
            ask(mta, "add", rule={})
        status = ask(mta, "status")
        assert (status["kept"], status["kept_now"], status["taken"]) == (1, 1, 1)
        assert (status["deferred"], status["refused"]) == (1, 1)


def test_a_script_per_recipient_a_throttle_that_closes_and_nonsense(tmp_path: Path) -> None:
    rules = [
        {"recipient": "scripted@*", "replies": ["451 4.7.1 later", "450 4.2.1 busy"]},
        {"recipient": "fast@*", "above": 2, "seconds": 3600, "reply": "421 4.7.0 too fast"},
        {"recipient": "nonsense@*", "garbage": "HTTP/1.1 200 OK"},
    ]
    with running_mta(tmp_path, behaviour=rules) as mta:

        def outcomes(name: str, times: int) -> list[Outcome]:
            return mta.outcomes(*[a_mail(number, to=(f"{name}@example.org",)) for number in range(times)])

        assert outcomes("scripted", 4) == [D, D, A, A]
        # After progress the sender calls once more; closed on without any, it leaves the rest alone.
        assert outcomes("fast", 5) == [A, A, D, D, U]
        assert outcomes("nonsense", 1) == [U]
        assert ask(mta, "status")["garbled"] == 1
        assert store.count(mta.path) == 4


def test_without_a_server_there_is_nobody_to_ask(tmp_path: Path) -> None:
    with running() as run, pytest.raises(NotRunning):
        VERBS["mta.rules"](Site(run.system, settings_for(tmp_path, {})), {})
