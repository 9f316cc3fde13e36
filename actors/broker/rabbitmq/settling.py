"""Which acknowledgements to send: as few frames as say it. Pure; any thread."""

from collections.abc import Collection, Iterable


def coalesce(outstanding: Iterable[int], settled: Collection[int]) -> list[tuple[int, bool]]:
    """Frames, each (tag, multiple), that settle exactly `settled` of what is outstanding on the channel.

    `outstanding` are the tags in the order of their delivery. One `multiple` frame settles all up to its tag, so it can
    stand for the settled ones before the first that stays open; what comes behind that needs a frame each.
    """
    wanted = set(settled)
    last = 0
    together = 0
    for tag in outstanding:
        if tag not in wanted:
            break
        wanted.discard(tag)
        last, together = tag, together + 1
    first = [(last, together > 1)] if together else []
    return first + [(tag, False) for tag in sorted(wanted)]
