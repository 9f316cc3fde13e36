"""What faults on purpose raise: in the actors they strike, and at whoever asks for one that cannot be."""

from supervision.errors import Refusal, RookeryError


class InjectedFault(RookeryError):
    """The exception of an injected crash, unless the rule names another."""

    title = "Injected fault"


class Dropped(Refusal):
    """The message was dropped on purpose and never handled."""

    title = "Dropped on purpose"
    status = 503


class FaultsDisabled(Refusal):
    """`faults.enabled` is false in the configuration."""

    status = 403


class UnknownFault(Refusal):
    """No rule has that number."""

    status = 404
