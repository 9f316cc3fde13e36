"""Sends on a terminal: lists, books, and a bar that moves. In the command's process."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.text import Text

from apps.email.foreign import printable
from supervision.progress import bar
from supervision.terminal import console, print_table

Answer = Mapping[str, Any]

#: Pause between two looks at a send that is followed.
LOOK_SECONDS = 0.5
#: Nothing more happens by itself.
ENDS = frozenset({"finished", "cancelled", "blocked", "paused"})
KINDS = ("handed", "failed", "suppressed", "skipped", "in_doubt", "pending")


def print_list(sends: Sequence[Answer]) -> None:
    columns = ("id", "name", "state", "targeted", *(name.replace("_", " ") for name in KINDS), "started at")
    print_table(columns, [_line(send) for send in sends])


def _line(send: Answer) -> Sequence[object]:
    numbers = [f"{send['books'][name]:,}" for name in ("targeted", *KINDS)]
    return send["id"], send["name"], send["state"], *numbers, (send["started_at"] or "")[:19].replace("T", " ")


def print_status(send: Answer) -> None:
    """State, books, and why people were not reached."""
    out = console()
    out.print(_text(f"send {send['id']}  {send['name']}  {send['state']}  {send['reason'] or ''}"))
    books = send["books"]
    sums = " + ".join(f"{books[name]:,} {name.replace('_', ' ')}" for name in KINDS)
    out.print(_text(f"{books['targeted']:,} targeted {'=' if books['balanced'] else 'IS NOT'} {sums}"))
    out.print(_text(f"chunks: {send['published']} of {send['chunks']} published, {send['in_flight']} in flight"))
    if send["rate"] is not None:
        left = "" if send["seconds_left"] is None else f", about {send['seconds_left']:,.0f} s left"
        out.print(_text(f"{send['rate']:,} mails/s{left}"))
    for one in send["reasons"]:
        codes = " ".join(str(one[name]) for name in ("code", "enhanced") if one[name] is not None)
        out.print(_text(f"  {one['people']:,} {one['state'].replace('_', ' ')}: {codes} {one['reason']}"))


def follow(look: Callable[[], Answer], quiet: bool = False) -> Answer:
    """Show the progress until the send is over or held; its last status. Raises what `look` raises."""
    pause = threading.Event()
    with bar(quiet) as progress:
        task = progress.add_task("freezing", total=None)
        while True:
            send = look()
            books = send["books"]
            total = None if send["state"] == "draft" else books["targeted"]
            settled = books["targeted"] - books["pending"] if total is not None else books["targeted"]
            progress.update(task, description=send["state"], total=total, completed=settled)
            if send["state"] in ENDS:
                break
            pause.wait(LOOK_SECONDS)
    if not quiet:
        print_status(send)
    return send


def _text(value: str) -> Text:
    """What others wrote is shown as plain text, never as markup."""
    return Text(printable(value))
