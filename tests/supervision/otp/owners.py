"""What the tests of tasks need: an actor that owns some, functions to run, ways to wait for their ends."""

import threading

from supervision import Actor, ChildSpec, Tasks
from supervision.task import current


class Owner(Actor):
    """Has tasks: a message is a function of the actor and its tasks. Everything else goes to the test."""

    def __init__(self, inbox):
        super().__init__()
        self.inbox = inbox

    def on_start(self):
        self.tasks = Tasks(self.context.system, "/tasks", self)

    def on_receive(self, message):
        if callable(message):
            return message(self)
        return self.inbox.put(message)


def owner(inbox):
    return ChildSpec(id="owner", actor=Owner, args=(inbox,), restart="temporary")


def wait():
    """A function that ends only when it is told to."""
    task = current()
    task.on_break(task.stopping.set)
    assert task.stopping.wait(30.0)
    return "stopped"


def fail(error):
    raise error


def by_owner(world, do):
    return world.system.address("/owner").call(do)


def settle(world):
    """Until the owner has looked at everything that waits for it."""
    by_owner(world, lambda owner: None)


def idle(world, tasks):
    """Until no task is left."""
    pause = threading.Event()
    for _ in range(2_000):
        if not tasks.children():
            return True
        pause.wait(0.005)
    return False
