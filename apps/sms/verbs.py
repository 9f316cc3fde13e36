"""What can be asked of the SMS app over the control socket and the HTTP API: the verbs of all its rooms."""

from collections.abc import Sequence

from apps.sms.broadcast.verbs import VERBS as BROADCAST
from apps.sms.hub.overview import VERBS as OVERVIEW
from apps.sms.hub.verbs import VERBS as HUB
from apps.sms.outbound.verbs import VERBS as OUTBOUND
from apps.sms.phones.verbs import VERBS as PHONES
from supervision.verbs import Verb

VERBS: Sequence[Verb] = (*HUB, *OVERVIEW, *BROADCAST, *OUTBOUND, *PHONES)
