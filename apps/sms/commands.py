"""`rookery sms`: the commands of all rooms of the SMS app. Light to import."""

from collections.abc import Sequence

import click

from apps.sms.broadcast.commands import COMMANDS as BROADCAST
from apps.sms.hub.commands import COMMANDS as HUB
from apps.sms.limits.commands import COMMANDS as LIMITS
from apps.sms.outbound.commands import COMMANDS as OUTBOUND
from apps.sms.phones.commands import COMMANDS as PHONES

#: Each room's own.
ROOMS: Sequence[Sequence[click.Command]] = (HUB, BROADCAST, LIMITS, OUTBOUND, PHONES)


@click.group()
def sms() -> None:
    """Texts: leaders, members, broadcasts, carriers, limits."""


for _room in ROOMS:
    for _command in _room:
        sms.add_command(_command)

COMMANDS = (sms,)
