"""Group O: what is told of children, and how loudly."""

import io
import json
import logging

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    ChildExited,
    ChildSpec,
    ChildStarted,
    GetChildSpec,
    StartFailed,
    Stop,
    Supervisor,
)
from supervision.log import LONGEST_VALUE, _renderer, describe, shortened, without_credentials
from supervision.testing import running
from tests.supervision.otp.twins import crash, heard, launched, restarted, w


def told(world, level):
    """The types of the events so far that an operator reads at this level."""
    return [type(event) for event in world.events.seen if describe(event).level >= level]


def test_O7_a_crash_is_reported_with_who_and_why_and_the_restart_after_it(plan):
    with running(Supervisor.spec("s", [w(plan, "a", restart="transient", shutdown=1.0)])) as world:
        before = world.system.whereis("/s/a").incarnation
        crash(world, "/s/a")
        up = restarted(world, "/s/a")
        assert told(world, logging.INFO) == [ChildExited, ChildStarted]
        exited = next(event for event in world.events.seen if isinstance(event, ChildExited))
        assert (exited.path, exited.incarnation, str(exited.reason)) == ("/s/a", before, "ValueError: die")
        assert describe(exited).level == logging.ERROR and "raise message" in describe(exited).values["stack"]
        assert describe(up).level == logging.INFO and up.incarnation > before
        spec = world.system.address("/s").call(GetChildSpec("a"))
        assert (spec.restart, spec.significant, spec.shutdown, spec.type) == ("transient", False, 1.0, "worker")


@pytest.mark.parametrize("restart", ["transient", "temporary"])
@pytest.mark.parametrize("reason", [NORMAL, SHUTDOWN])
def test_O9_a_clean_end_is_not_reported_unless_the_child_was_permanent(plan, restart, reason):
    with running(w(plan, "a", restart=restart), w(plan, "p")) as world:
        world.system.address("/a").cast(Stop(reason))
        heard(world, "/a")
        assert told(world, logging.WARNING) == []
        world.system.address("/p").cast(Stop(reason))
        heard(world, "/p")
        assert told(world, logging.WARNING) == [ChildExited]


@pytest.mark.parametrize("format", ["console", "json"])
def test_O10_a_report_as_long_as_a_book_is_cut_in_the_middle(format):
    term = "".join(f"{number:07d}" for number in range(100_000))
    whole = {"event": "ended", "level": "error", "path": "/a", "reason": term}
    event = shortened(None, "error", without_credentials(None, "error", dict(whole)))
    text = str(_renderer(format, io.StringIO())(None, "error", event))
    assert "0000000" in text and "0099999" in text and "690000 more characters" in text
    assert len(text) < LONGEST_VALUE + 300
    assert "\n" not in text
    if format == "json":
        assert json.loads(text)["path"] == "/a"


def test_O12_the_error_of_a_grandchild_is_the_cause_of_the_failed_start():
    def broken():
        return undefined_function()  # type: ignore[name-defined]  # noqa: F821

    inner = Supervisor.spec("inner", [ChildSpec(id="a", actor=broken)])
    told = r"/ did not start.*/inner did not start.*/inner/a did not start"
    top = Supervisor.spec("top", [inner])
    with launched(top) as (_, root, _), pytest.raises(StartFailed, match=told) as caught:
        root.wait_started(5.0)
    chain: list[BaseException] = [caught.value]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    assert [getattr(error, "path", type(error).__name__) for error in chain] == ["/", "/inner", "/inner/a", "NameError"]
