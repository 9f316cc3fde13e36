"""From a pipeline's option `rate_limiting` to its limiter. Runs where the pipeline starts; opens nothing."""

from typing import TYPE_CHECKING

from actors.pipeline.limiter import FixedWindow, Limiter
from actors.pipeline.rates.limiter import RateLimiter
from actors.pipeline.rates.sources import LocalSource, Source
from actors.pipeline.rates.window import Rate
from supervision import System

if TYPE_CHECKING:
    from actors.pipeline.options import RateOptions


def limiter_of(options: "RateOptions", system: System) -> Limiter:
    """The limiter that these options ask for. A plain number per interval is Broadway's fixed window."""
    if options.plain:
        return FixedWindow(options.allowed_messages, options.interval_seconds, system.clock.monotonic())
    rate = Rate.of(options.allowed_messages, options.interval_seconds)
    return RateLimiter(_source(options, rate, system), per_key=options.per_key, cost=options.cost)


def _source(options: "RateOptions", rate: Rate, system: System) -> Source:
    if options.scope == "pipeline":
        return LocalSource(rate, system.clock.monotonic)
    from actors.database import Database  # and with it SQLAlchemy, which only a shared rate needs
    from actors.pipeline.rates.shared import SharedSource

    return SharedSource(Database(system), options.name, rate)
