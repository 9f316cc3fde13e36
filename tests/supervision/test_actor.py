"""One actor: its start handshake, its single true ending, answers and refusals, calls, timers, monitors, fences."""

import threading
from typing import Any

import pykka
import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    Actor,
    CallCycle,
    CallTimeout,
    ChildSpec,
    Crashed,
    DeadLetter,
    Down,
    FaultRule,
    Fenced,
    Ignore,
    MailboxFull,
    NoProc,
    Refusal,
    Reply,
    Resume,
    Stop,
    Suspend,
    System,
    WhichChild,
    address,
    launch,
)
from supervision.address import StartOf
from supervision.messages import Started
from supervision.testing import PATIENCE_SECONDS, FakeClock, Inbox, Probe, running


class NotToday(Refusal):
    pass


class Worker(Actor):
    """Does what it is told, and notes how it ended."""

    def __init__(self, ends=None, start=None, end=None):
        super().__init__()
        self.ends, self.start_hook, self.end_hook = ends, start, end

    def on_start(self):
        if self.start_hook:
            self.start_hook()

    def on_receive(self, message):
        match message:
            case BaseException():
                raise message
            case ("call", path, inner):
                return self.call(path, inner, timeout=5.0)
            case ("wait", gate):
                gate.wait(10.0)
            case ("run", function):
                return function(self)
            case _:
                return message

    def terminate(self, reason):
        if self.ends is not None:
            self.ends.put(reason)
        if self.end_hook:
            self.end_hook()


def raises(error):
    def hook():
        raise error

    return hook


@pytest.fixture
def system():
    system = System()
    yield system
    system.close()


def run(system, **kwargs):
    """A lone actor at /w with everything it tells its starter."""
    return launch(system, ChildSpec(id="w", actor=Worker, kwargs=kwargs), path="/w")


# --- endings ---------------------------------------------------------------------------------------

ENDINGS = {
    "cast crash": (ValueError("x"), "cast", ValueError),
    "call crash": (ValueError("x"), "call", ValueError),
    "SystemExit by cast": (SystemExit(3), "cast", SystemExit),
    "SystemExit by call": (SystemExit(3), "call", SystemExit),
    "KeyboardInterrupt by call": (KeyboardInterrupt(), "call", KeyboardInterrupt),
    "own will by cast": (Stop(), "cast", None),
    "own will by call": (Stop(), "call", None),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_gives_exactly_one_down_with_its_true_reason(system, ending):
    message, way, error = ENDINGS[ending]
    notices, ends = [], Inbox()
    bystander = launch(system, ChildSpec(id="b", actor=Worker), path="/b")
    worker = run(system, ends=ends)
    worker.wait_started(5.0)
    system.registry.monitor("/w", notices.append)
    if way == "cast":
        system.address("/w").cast(message)
    else:
        try:
            system.address("/w").call(message)
        except Exception as answered:
            assert error is not None, answered
    reason = worker.wait(5.0)
    worker.actor.thread.join(5.0)
    if error is None:
        assert reason == NORMAL
    else:
        assert isinstance(reason, Crashed) and isinstance(reason.error, error)
    assert notices == [Down("/w", worker.incarnation, reason)]
    assert ends.expect(object) == reason and ends.nothing_more()
    assert system.address("/b").call("alive") == "alive"
    bystander.stop()
    assert bystander.wait(5.0) == SHUTDOWN


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1)])
def test_a_failed_start_is_told_as_such(system, error):
    heard = []
    worker = run(system, start=raises(error))
    system.registry.monitor("/w", heard.append)
    reason = worker.wait(5.0)
    assert isinstance(reason, Crashed) and type(reason.error) is type(error)
    with pytest.raises(NoProc):
        system.address("/w").call("hello")


def test_ignore_is_no_failure_and_no_process(system):
    reason = run(system, start=raises(Ignore())).wait(5.0)
    assert reason.category == "ignored" and reason.expected


@pytest.mark.parametrize("error", [ValueError("late"), SystemExit(1)])
def test_an_error_in_terminate_is_the_reason_of_an_otherwise_clean_end(system, error):
    worker = run(system, end=raises(error))
    worker.wait_started(5.0)
    worker.stop()
    reason = worker.wait(5.0)
    assert isinstance(reason, Crashed) and type(reason.error) is type(error)


def test_an_error_in_terminate_does_not_hide_a_worse_one(system):
    worker = run(system, end=raises(ValueError("late")))
    worker.wait_started(5.0)
    system.address("/w").cast(KeyError("first"))
    assert isinstance(worker.wait(5.0).error, KeyError)


def test_the_path_is_free_before_the_down_is_sent(system):
    seen = []
    worker = run(system)
    worker.wait_started(5.0)
    system.registry.monitor("/w", lambda down: seen.append(system.registry.running("/w")))
    worker.stop()
    worker.wait(5.0)
    assert seen == [None]


def test_a_crash_keeps_no_frames_alive(system):
    worker = run(system)
    worker.wait_started(5.0)
    system.address("/w").cast(ValueError("x"))
    reason = worker.wait(5.0)
    assert reason.error.__traceback__ is None
    assert "on_receive" in reason.stack


# --- answers ---------------------------------------------------------------------------------------


def test_a_refusal_is_an_answer_and_the_actor_lives_on():
    with running(ChildSpec(id="w", actor=Worker)) as world:
        worker = world.system.address("/w")
        with pytest.raises(NotToday):
            worker.call(NotToday("not today"))
        assert worker.call("still here") == "still here"


def test_a_refused_cast_is_a_dead_letter_and_the_actor_lives_on():
    with running(ChildSpec(id="w", actor=Worker)) as world:
        worker = world.system.address("/w")
        worker.cast(NotToday("not today"))
        assert worker.call("still here") == "still here"
        letter = world.events.expect(DeadLetter)
        assert (letter.path, letter.message) == ("/w", "NotToday") and "not today" in letter.reason


def test_an_answer_can_be_given_later():
    replies = Inbox()
    with running(ChildSpec(id="w", actor=Worker)) as world:
        answers = Inbox()
        asker = threading.Thread(
            target=lambda: answers.put(
                world.system.address("/w").call(("run", lambda actor: replies.put(actor.take_reply())))
            )
        )
        asker.start()
        replies.expect(Reply).set("later")
        asker.join(5.0)
        assert answers.expect(str) == "later"


def test_messages_that_wait_can_be_taken_together():
    gate, got = threading.Event(), Inbox()

    class Batcher(Actor):
        def on_receive(self, message):
            if message is gate:
                gate.wait(10.0)
                return
            batch = [(message, self.take_reply()), *self.take_queued(int, limit=3)]
            got.put([number for number, _ in batch])
            for number, reply in batch:
                reply.set(number * 10)

    with running(ChildSpec(id="b", actor=Batcher)) as world:
        batcher = world.system.address("/b")
        batcher.cast(gate)
        for number in range(6):
            batcher.cast(number)
        gate.set()
        assert [got.expect(list), got.expect(list)] == [[0, 1, 2, 3], [4, 5]]


# --- calls -----------------------------------------------------------------------------------------


def test_C9_nobody_at_the_path_is_told_at_once(system):
    with pytest.raises(NoProc, match="no such child"):
        system.address("/nobody").call("hello")
    with pytest.raises(NoProc):
        system.address("/nobody").cast("hello")


def test_a_call_that_is_not_answered_in_time_says_that_it_may_have_run():
    gate = threading.Event()
    with running(ChildSpec(id="w", actor=Worker)) as world:
        with pytest.raises(CallTimeout, match="may have been handled"):
            world.system.address("/w").call(("wait", gate), timeout=0.05)
        gate.set()


def test_a_call_that_waits_in_the_mailbox_of_a_dying_actor_hears_at_once_that_it_never_ran():
    gate, errors = threading.Event(), Inbox()
    with running(ChildSpec(id="w", actor=Worker)) as world:
        worker = world.system.address("/w")
        worker.cast(("wait", gate))

        def ask():
            try:
                worker.call("too late")
            except Exception as error:
                errors.put(error)

        askers = [threading.Thread(target=ask) for _ in range(5)]
        actor = world.system.registry.running("/w")
        for asker in askers:
            asker.start()
        while actor.depth()[1] < 5:
            pass
        actor.request_stop(SHUTDOWN)
        gate.set()
        for asker in askers:
            asker.join(5.0)
            assert isinstance(errors.expect(Exception), NoProc)


def test_no_asker_hangs_while_actors_crash_under_it():
    outcomes = Inbox()
    with running(ChildSpec(id="w", actor=Worker), intensity=1_000_000) as world:
        worker = world.system.address("/w")
        done = threading.Event()

        def ask():
            for number in range(100):
                try:
                    outcomes.put(worker.call(ValueError("x") if number % 10 == 9 else number))
                except (NoProc, ValueError) as error:
                    outcomes.put(error)
                except CallTimeout as error:
                    done.set()
                    raise AssertionError from error

        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(30.0)
            assert not asker.is_alive()
        assert not done.is_set()
        for _ in range(800):
            outcomes.expect(object)


def test_a_call_cycle_is_refused_at_once_instead_of_deadlocking():
    with running(ChildSpec(id="a", actor=Worker), ChildSpec(id="b", actor=Worker), intensity=10) as world:
        with pytest.raises(CallCycle, match="/a -> /a"):
            world.system.address("/a").call(("call", "/a", "self"))
        world.wait_state("/a", "running")
        with pytest.raises((CallCycle, NoProc)):
            world.system.address("/a").call(("call", "/b", ("call", "/a", "back")))


def test_a_child_that_serves_may_call_its_supervisor_which_is_about_to_notice():
    with running(ChildSpec(id="a", actor=Worker)) as world:
        root = world.system.registry.running("/")
        root.waits_for = StartOf("/a")
        assert world.system.address("/a").call(("call", "/", WhichChild("a"))).id == "a"


def test_an_actor_may_call_another():
    with running(ChildSpec(id="a", actor=Worker), ChildSpec(id="b", actor=Worker)) as world:
        assert world.system.address("/a").call(("call", "/b", "ping")) == "ping"


def test_a_full_mailbox_is_the_senders_error():
    class Small(Worker):
        mailbox_bound = 2

    gate = threading.Event()
    with running(ChildSpec(id="w", actor=Small)) as world:
        worker = world.system.address("/w")
        worker.cast(("wait", gate))
        with pytest.raises(MailboxFull):
            for _ in range(4):
                worker.cast("more")
        gate.set()


def test_stop_overtakes_the_queue():
    gate, entered, seen = threading.Event(), threading.Event(), Inbox()
    with running(ChildSpec(id="w", actor=Worker)) as world:
        worker = world.system.address("/w")
        worker.cast(("run", lambda actor: entered.set() or gate.wait(10.0)))
        for _ in range(20):
            worker.cast(("run", lambda actor: seen.put("ran")))
        assert entered.wait(10.0)
        world.root.stop()
        world.wait_state("/w", "stopping")
        gate.set()
        world.root.wait(5.0)
        assert seen.nothing_more()


# --- timers, monitors, fence, suspend --------------------------------------------------------------


def test_send_after_arrives_when_the_clock_says_so():
    clock, inbox = FakeClock(), Inbox()

    class Sleeper(Probe):
        def on_start(self):
            self.send_after(60.0, "wake up")

    with running(ChildSpec(id="s", actor=Sleeper, args=(inbox,)), clock=clock):
        clock.wait_for_timers(1)
        clock.advance(59.0)
        assert inbox.nothing_more()
        clock.advance(1.0)
        assert inbox.expect(str) == "wake up"


def test_a_timer_of_an_ended_actor_is_dropped():
    clock = FakeClock()

    class Sleeper(Actor):
        def on_start(self):
            self.send_after(60.0, "wake up")

    with running(ChildSpec(id="s", actor=Sleeper, restart="temporary"), clock=clock) as world:
        clock.wait_for_timers(1)
        world.system.registry.running("/s").request_stop(NORMAL)
        world.root.stop()
        world.root.wait(5.0)
        clock.advance(100.0)


def test_a_monitor_hears_of_the_end_once_and_at_once_when_nobody_is_there():
    inbox = Inbox()
    with running(ChildSpec(id="w", actor=Worker), ChildSpec(id="p", actor=WatchingProbe, args=(inbox, "/w"))) as world:
        world.system.address("/p").call("are you watching?")
        world.system.address("/w").cast(ValueError("x"))
        down = inbox.expect(Down)
        assert down.path == "/w" and down.reason.category == "crash"
        world.system.address("/p").call("watch nobody")
        assert inbox.expect(Down).reason.category == "noproc"


class WatchingProbe(Probe):
    def __init__(self, inbox, path):
        super().__init__(inbox)
        self.path = path

    def on_start(self):
        self.monitor(self.path)

    def on_receive(self, message):
        if message == "watch nobody":
            self.monitor("/nobody")
        super().on_receive(message)


def test_a_fenced_actor_may_not_take_effect():
    with running(ChildSpec(id="w", actor=Worker)) as world:
        actor = world.system.registry.running("/w")
        world.system.address("/w").call(("run", lambda actor: actor.check_fence()))
        actor.context.fence.closed = True
        with pytest.raises(Fenced):
            actor.check_fence()


def test_a_suspended_actor_serves_only_the_system_lane():
    with running(ChildSpec(id="w", actor=Worker)) as world:
        worker = world.system.address("/w")
        actor = world.system.registry.running("/w")
        actor.actor_inbox.put_system(Suspend())
        with pytest.raises(CallTimeout):
            worker.call("hello", timeout=0.05)
        actor.actor_inbox.put_system(Suspend())
        actor.actor_inbox.put_system(Resume())
        assert worker.call("hello") == "hello"
        actor.actor_inbox.put_system(Suspend())
    # leaving the block proved that a suspended actor still stops


# --- as a Pykka actor ------------------------------------------------------------------------------


class Plain(Actor):
    """Written for Pykka, with its hooks and a method for proxies."""

    def __init__(self):
        super().__init__()
        self.stopped = threading.Event()

    def on_stop(self):
        self.stopped.set()

    def double(self, number):
        return 2 * number


def test_it_is_still_a_pykka_actor():
    ref = Plain.start()
    try:
        assert ref.proxy().double(21).get(timeout=5.0) == 42
        stopped = ref.proxy().stopped.get(timeout=5.0)
    finally:
        assert ref.stop(block=True, timeout=5.0)
    assert stopped.is_set()
    with pytest.raises(pykka.ActorDeadError):
        ref.ask("hello", timeout=5.0)


def test_started_is_told_before_the_first_message_is_served(system):
    order = []

    class Ordered(Worker):
        def on_start(self):
            order.append("on_start")

    from supervision.actor import spawn
    from supervision.context import Context

    done = threading.Event()

    def notify(notice):
        order.append(type(notice).__name__)
        if isinstance(notice, Down):
            done.set()

    actor = spawn(Ordered, (), {}, Context("/o", 1, system, notify))
    actor.request_stop(NORMAL)
    assert done.wait(5.0)
    assert order == ["on_start", Started.__name__, Down.__name__]


def test_address_is_only_a_path(system):
    assert address.Address(system, "/a") == system.address("/a")


def test_a_subclass_may_use_any_private_name_of_its_own():
    """Two apps once had an `_announce` and a `_dispatch`: the only single-underscore names left here are Pykka's."""
    own = {name for name in vars(Actor) if name.startswith("_") and not name.startswith(("__", "_Actor__"))}
    assert own - {"_abc_impl"} <= set(dir(pykka.ThreadingActor))
    assert not {
        name
        for name in vars(
            Actor(),
        )
        if name.startswith("_") and not name.startswith("_Actor__")
    } - {"_actor_ref"}


def test_what_still_waited_is_there_to_be_given_back() -> None:
    """An actor that holds work for others returns what it never came to, whatever ended it."""

    class Holder(Actor):
        def on_receive(self, message: Any) -> None:
            if isinstance(message, threading.Event):
                assert message.wait(PATIENCE_SECONDS)
                raise RuntimeError("the first was too much")

        def terminate(self, reason: Any) -> None:
            inbox.put(tuple(self.unhandled))

    inbox, go = Inbox(), threading.Event()
    with running(ChildSpec(id="holder", actor=Holder, restart="temporary")) as tree:
        for message in (go, "second", "third"):
            tree.system.address("/holder").cast(message)
        go.set()
        assert inbox.expect(tuple) == ("second", "third")


def test_what_a_fault_ended_it_at_was_never_seen_and_is_among_what_waited() -> None:
    class Holder(Actor):
        def terminate(self, reason: Any) -> None:
            inbox.put(tuple(self.unhandled))

    inbox = Inbox()
    with running(ChildSpec(id="holder", actor=Holder, restart="temporary")) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("crash", "/holder", every=1))
        tree.system.address("/holder").cast("first")
        assert inbox.expect(tuple) == ("first",)
