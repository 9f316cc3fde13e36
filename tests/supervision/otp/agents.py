"""An actor that does what it is told, for tests in which an actor must act for itself."""

from supervision import Actor, ChildSpec


class Agent(Actor):
    """Does what it is told: a message is a function of the actor. An exception is its crash."""

    def __init__(self, fails=False):
        super().__init__()
        self.fails = fails

    def on_start(self):
        if self.fails:
            raise ValueError("no agent today")

    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        return message(self)


def agent(id, *args, **fields):
    return ChildSpec(id=id, actor=Agent, args=args, **fields)
