"""Where the reader stands in the tree. Light: the library for Redis, an extra, is imported only when it is needed."""

from collections import Counter

from apps.email.config import Email
from supervision import Backoff, ChildSpec
from supervision.config import Settings

PATH = "/email/sidekiq"
BACKOFF = Backoff(min_seconds=0.5, max_seconds=30.0, stable_after_seconds=30.0)


def sidekiq_specs(settings: Settings) -> list[ChildSpec]:
    """The reader if `email.sidekiq` is configured, else nothing."""
    config: Email = settings.section("email")
    if config.sidekiq is None:
        return []
    from apps.email.sidekiq.source import Source

    args = (config, config.sidekiq, Counter[str]())
    return [ChildSpec(id="sidekiq", actor=Source, args=args, start="eventual", backoff=BACKOFF)]
