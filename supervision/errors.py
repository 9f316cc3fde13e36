"""One tree of errors for `supervision`; every error the project raises for people derives from its root.

An error says what happened, where (a path in the tree, a key in the config, a field in the request) and what to do.
It also owns how it leaves the process: `exit_code` on the command line, `status` over HTTP.
"""


class RookeryError(Exception):
    """Root of every error meant to be read by a person.

    `permanent`: trying again is useless until somebody changes something. A child that ends with such an error is
    parked, not restarted.
    """

    title = "Rookery could not do that"
    exit_code = 1
    status = 500
    permanent = False

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ConfigError(RookeryError):
    """The configuration is wrong; the message holds one line per fault, each with its path."""

    title = "The configuration is wrong"
    exit_code = 78
    status = 400


class Refusal(RookeryError):
    """A declared answer of an actor: the caller of `call` gets it, the actor lives on. Subclass it for each answer."""

    title = "Refused"
    status = 409


class SpecError(Refusal):
    """A child spec or a supervisor's flags are not valid; `tag` is OTP's name for the fault, `value` the offender."""

    title = "The child spec is wrong"
    exit_code = 78
    status = 400

    def __init__(self, tag: str, value: object, message: str, *, field: str | None = None) -> None:
        super().__init__(f"{message} ({tag}: {value!r})", field=field)
        self.tag = tag
        self.value = value


class CallError(RookeryError):
    """A message did not reach an actor, or its answer did not come back."""

    title = "The actor did not answer"
    status = 503


class NoProc(CallError):
    """Nobody runs at that path, or it ended before it took the message: the message was never handled."""


class CallTimeout(CallError):
    """No answer within the deadline: the message may have been handled, or may still be."""

    status = 504


class CallCycle(CallError):
    """The call would wait for an actor that is itself waiting for the caller."""

    status = 500


class MailboxFull(CallError):
    """The user lane is at its bound; the message was not taken."""


class Fenced(RookeryError):
    """This incarnation was abandoned by its supervisor; its effects are refused at the edge."""

    title = "The actor was abandoned"


class Exited(RookeryError):
    """What a caller sees when the actor ended by `SystemExit` or the like, or otherwise than it was asked to."""


class StartFailed(RookeryError):
    """A child did not start; `reason` is its true ending, `path` its place in the tree."""

    title = "A child did not start"
    exit_code = 70

    def __init__(self, path: str, reason: object) -> None:
        super().__init__(f"{path} did not start: {reason}")
        self.path = path
        self.reason = reason
