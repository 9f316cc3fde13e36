"""The hierarchy of the SMS app, readable as a page.

    /sms
      stops      pipeline: opt-out and help words, done with at once; on one node of all, by a lease
      inbound    pipeline: all other texts -> rows in the database; the same
      hub        looks at them: sign-up, keywords, answers; one in every node
      broadcasts writes the texts of broadcasts, page by page; one in every node
      news       tells everybody who joined and who left
      measuring  what /metrics tells of queue, limits and opt-outs
      sending    pipeline: what other services want sent -> rows in the database
      rpc        consumer of rpc.sms -> server -> workers: what other services ask
      intake     what links bring, made durable in the broker
      receipts   pipeline: what carriers say later -> what is known of texts
      outbound   clerk, authority, links, lease: hands texts over, on one node of all

Whatever dies is restarted alone: the parts find each other by path, and the deliveries of whoever died come back.
"""

from actors.rpc import server_spec
from apps.sms.broadcast.writer import writer_spec
from apps.sms.config import Sms
from apps.sms.hub.hub import hub_spec
from apps.sms.hub.news import news_spec
from apps.sms.inbound import inbound_spec, stops_spec
from apps.sms.intake import intake_spec
from apps.sms.measuring import measuring_spec
from apps.sms.outbound.receipts import receipts_spec
from apps.sms.outbound.spec import outbound_spec
from apps.sms.sending import sending_spec
from apps.sms.service import SmsService
from supervision import ChildSpec, Supervisor
from supervision.config import Settings

PATH = "/sms"


def supervisor(settings: Settings) -> ChildSpec:
    """`/sms` with everything below it."""
    rpc = server_spec(settings, SmsService, f"{PATH}/rpc")
    config: Sms = settings.section("sms")
    children = [
        stops_spec(settings),
        inbound_spec(settings),
        hub_spec(),
        writer_spec(),
        news_spec(),
        measuring_spec(),
        sending_spec(settings),
        rpc,
    ]
    # Links need an intake until their end.
    children += [intake_spec(config.inbound_buckets), receipts_spec(settings), outbound_spec(settings)]
    return Supervisor.spec("sms", children, intensity=5, period=30.0)
