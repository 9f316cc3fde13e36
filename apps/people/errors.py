"""What can be wrong with what is said about a person. Each error names the field."""

from supervision.errors import RookeryError


class PeopleError(RookeryError):
    """Root of everything this app says to people."""

    title = "That cannot be kept about a person"
    status = 422


class Refused(PeopleError):
    """A value cannot be kept; `field` says which, `value` is what was given."""

    title = "A value was refused"

    def __init__(self, field: str, reason: str, value: object = "") -> None:
        super().__init__(f"{field}: {reason}", field=field)
        self.reason = reason
        self.value = value


class NoSuchPerson(PeopleError):
    """Nobody with this address or id."""

    title = "No such person"
    status = 404


class ImportFailed(PeopleError):
    """The file cannot be read as people at all; nothing of it was taken."""

    title = "The file cannot be imported"
    exit_code = 65  # EX_DATAERR of sysexits.h
