"""What can be wrong with a broadcast. Each error says which field."""

from apps.sms.errors import SmsError


class BroadcastError(SmsError):
    """Root of what is wrong with broadcasts."""

    title = "That cannot be done with a broadcast"


class BadTemplate(BroadcastError):
    """The text is no template, or does something that templates may not."""

    title = "The template is not valid"


class LacksVariable(BroadcastError):
    """Something that the template says is not known of this member."""

    title = "A variable is missing"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not known of this member", field=name)
        self.name = name


class NoSuchBroadcast(BroadcastError):
    """There is none of that number."""

    title = "No such broadcast"
    status = 404
    exit_code = 66


class WrongState(BroadcastError):
    """It cannot go there from the state in which it is."""

    title = "Not in this state"
    status = 409
