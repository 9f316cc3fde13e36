"""A bar on a terminal that moves with what a command follows. In the command's process."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Task as Row
from rich.text import Text

from supervision.terminal import console


class _Rate(TextColumn):
    """Things per second lately."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Row) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")


def bar(quiet: bool) -> Progress:
    """Description, bar, how many of how many, rate, time over and left; nothing if `quiet`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console(), disable=quiet)
