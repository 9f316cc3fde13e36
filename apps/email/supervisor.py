"""The hierarchy of the email app, readable as a page.

    /email
      deciding        pipeline: events of email.events -> decided -> jobs published
      deciding-first  the same for events that set off a transactional mail
      transactional   consumer -> dispatcher -> mta/sender-1..n
      bulk            the same once more: a password reset never waits behind the mails of a large event
      campaign        the same for chunks of sends to audiences, with a dispatcher and senders of their own
      fanout          freezes the audiences of sends and publishes their chunks
      sidekiq         reads Sidekiq's queues in Redis, if email.sidekiq is configured
      retention       forgets old events and old rows of the ledger
      rpc             consumer of rpc.email -> server -> workers: what other services ask

Whatever dies is restarted alone: the parts find each other by path, and the deliveries of whoever died come back. A
lane stops from its end: senders finish the batch in hand, the dispatcher settles it, the consumer returns the rest.
"""

from collections import Counter
from typing import ClassVar

from actors.broker import consumer_spec
from actors.rpc import server_spec
from actors.smtp import SenderOptions, sender_spec
from apps.email.bulk.dispatcher import ChunkDispatcher
from apps.email.campaign.chunk import QUEUE as CHUNKS
from apps.email.campaign.covering import CoverageCheck
from apps.email.campaign.fanout import fanout_spec
from apps.email.config import Email, MailClass, Server
from apps.email.decider import deciding
from apps.email.dispatcher import Dispatcher
from apps.email.letterhead.head import Letterhead, letterhead
from apps.email.queues import DECIDING_FIRST, LANES
from apps.email.rulebook.retention import Retention
from apps.email.service import EmailService
from apps.email.sidekiq.spec import sidekiq_specs
from supervision import Backoff, ChildSpec, Supervisor
from supervision.config import Settings

PATH = "/email"
CAMPAIGN = "campaign"
#: One whose mails are made, one that is read meanwhile, and one that waits for its last answers.
CHUNKS_AT_HAND = 3
#: A crash is answered at once; a part that keeps crashing waits longer each time, and does not take its lane down soon.
BACKOFF = Backoff(min_seconds=0.05, max_seconds=5.0, stable_after_seconds=10.0)
INTENSITY, PERIOD_SECONDS = 20, 10.0


class Independent(Supervisor):
    """Its children need nothing of each other: with a mail server that hangs, all senders of all lanes end together."""

    stops_together: ClassVar[bool] = True


def supervisor(settings: Settings) -> ChildSpec:
    """`/email` with everything below it. Raises ConfigError for a DKIM key that does not sign."""
    head = letterhead(settings)
    lanes = [_lane(settings, mail_class, head) for mail_class in LANES]
    rpc = server_spec(settings, EmailService, f"{PATH}/rpc")
    config: Email = settings.section("email")
    sends = [campaign_lane(settings, head), fanout_spec(config.campaign, (CoverageCheck(config),))]
    deciders = [
        deciding(settings, backoff=BACKOFF),
        deciding(settings, "deciding-first", DECIDING_FIRST, backoff=BACKOFF),
    ]
    children = [*deciders, *lanes, *sends, rpc, *sidekiq_specs(settings)]
    days = (config.events_kept_days, config.ledger_kept_days)
    children.append(ChildSpec(id="retention", actor=Retention, args=days, backoff=BACKOFF))
    return Independent.spec("email", children, intensity=5, period=30.0)


def _lane(settings: Settings, mail_class: MailClass, head: Letterhead) -> ChildSpec:
    config: Email = settings.section("email")
    path = f"{PATH}/{mail_class}/dispatcher"
    counts: Counter[str] = Counter()
    dispatcher = ChildSpec(id="dispatcher", actor=Dispatcher, args=(config, mail_class, counts, head), backoff=BACKOFF)
    # One batch per sender on the wire and one more being made ready.
    prefetch = 2 * config.all_senders * config.window
    consumer = consumer_spec(settings, "consumer", LANES[mail_class], path, prefetch=prefetch, batch=config.window)
    children = [consumer, dispatcher, _mta(config, path)]
    return Supervisor.spec(mail_class, children, intensity=INTENSITY, period=PERIOD_SECONDS)


def campaign_lane(settings: Settings, head: Letterhead | None = None) -> ChildSpec:
    """What hands the chunks of sends over."""
    config: Email = settings.section("email")
    path = f"{PATH}/{CAMPAIGN}/dispatcher"
    counts: Counter[str] = Counter()
    dispatcher = ChildSpec(id="dispatcher", actor=ChunkDispatcher, args=(config, counts, head), backoff=BACKOFF)
    consumer = consumer_spec(settings, "consumer", CHUNKS, path, prefetch=CHUNKS_AT_HAND, batch=1)
    children = [consumer, dispatcher, _mta(config, path)]
    return Supervisor.spec(CAMPAIGN, children, intensity=INTENSITY, period=PERIOD_SECONDS)


def _mta(config: Email, dispatcher: str) -> ChildSpec:
    """The senders to every mail server, side by side: while one server is away the others' senders take its share."""
    senders = [
        sender_spec(
            f"{server.name}-{number}", server.url.get_secret_value(), dispatcher, options=options(server, config)
        )
        for server in config.mta.all_servers
        for number in range(1, (server.senders or config.senders) + 1)
    ]
    return Independent.spec("mta", senders, intensity=INTENSITY, period=PERIOD_SECONDS)


def options(server: Server, config: Email) -> SenderOptions:
    return SenderOptions(
        max_mails=config.mta.max_mails, max_seconds=config.mta.max_seconds, mta=server.name, weight=server.weight
    )
