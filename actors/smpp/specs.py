"""Binds as children of a supervisor. Values only; any thread."""

from actors.smpp.arrivals import Arrivals
from actors.smpp.bind import Bind
from actors.smpp.config import BindConfig, BindType
from actors.smpp.tally import Tally
from supervision import Backoff, ChildSpec

#: Beside the waits that are configured, for a start and an end.
MARGIN_SECONDS = 3.0


def bind_spec(
    id: str, carrier: str, config: BindConfig, subscriber: str, intake: str, *, shutdown: float | None = None
) -> ChildSpec:
    """A bind as a child: `eventual`, so an SMSC that is down holds up nothing.

    Each connection that is lost is a restart, some seconds apart in the long run and less at first: its supervisor
    should tolerate twenty in ten seconds.

    Args:
        carrier: its name, in everything that is told.
        subscriber: path of the actor that hears `LinkReady` and `LinkLost`.
        intake: path of the actor that stores what `Arrived`.
        shutdown: seconds to stop in; by default the configured farewell and a margin.
    """
    seconds = config.seconds
    opening = len(config.hosts) * (2 * seconds.connect + seconds.response)
    return ChildSpec(
        id=id,
        actor=Bind,
        # Made here, once, so that they outlive the incarnations.
        args=(carrier, config, subscriber, intake, Arrivals(carrier, config), Tally()),
        start="eventual",
        start_timeout=opening + MARGIN_SECONDS,
        shutdown=seconds.farewell + MARGIN_SECONDS if shutdown is None else shutdown,
        backoff=Backoff(min_seconds=0.2, max_seconds=30.0, immediate=0),
    )


def bind_specs(
    id: str, carrier: str, config: BindConfig, subscriber: str, intake: str, *, binds: int
) -> list[ChildSpec]:
    """Several binds to one carrier, `id-1` to `id-N`.

    Only the first receives, so that the parts of a long text come by one way; the others are transmitters.
    """
    out = config.model_copy(update={"bind": BindType.TRANSMITTER})
    return [
        bind_spec(f"{id}-{number}", carrier, config if number == 1 else out, subscriber, intake)
        for number in range(1, binds + 1)
    ]
