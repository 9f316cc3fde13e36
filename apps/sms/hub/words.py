"""What a text asks for by its words alone, in the hub's terms. Pure; any thread."""

from apps.sms.hub.member import Member, Word
from apps.sms.optout import Help, Scope, Start, Stop
from apps.sms.optout import recognise as recognised
from apps.sms.states import MemberState


def recognise(body: str, locale: str | None, member: Member | None) -> Word | None:
    """None for all that is ordinary. A yes asks for something only of somebody who left: else it is an answer."""
    left = member is not None and member.state is MemberState.LEFT
    match recognised(body, locale, asked=left):
        case Stop(scope=Scope.ALL):
            return Word.OPT_OUT_ALL
        case Stop():
            return Word.OPT_OUT
        case Start():
            return Word.OPT_IN
        case Help():
            return Word.HELP
    return None
