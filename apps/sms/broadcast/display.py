"""A broadcast on a terminal: a bar that moves. In the command's process."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from supervision.progress import bar

#: Pause between two looks at a broadcast that is followed.
LOOK_SECONDS = 0.5
#: Nothing more happens by itself.
ENDS = frozenset({"finished", "cancelled", "blocked"})


def follow(look: Callable[[], Mapping[str, Any]], quiet: bool = False) -> dict[str, Any]:
    """Show the progress until the broadcast is over or held; its last status. Raises what `look` raises."""
    pause = threading.Event()
    with bar(quiet) as progress:
        task = progress.add_task("scheduled", total=None)
        while True:
            found = dict(look())
            books = found["books"]
            total = books["targeted"] if found["state"] not in ("scheduled", "freezing") else None
            progress.update(
                task, description=found["state"], total=total, completed=books["targeted"] - books["pending"]
            )
            if found["state"] in ENDS or found["paused"]:
                return found
            pause.wait(LOOK_SECONDS)
