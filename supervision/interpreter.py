"""How a process that runs actors uses CPython's one interpreter. Called once each, by the process itself."""

import gc
import sys

#: What is urgent passes through many actors, and each of its steps (a query, a reply, a letter from mailbox to mailbox)
#: asks for the interpreter anew. With three threads at work on something else, 20 such steps took 580 ms with CPython's
#: own 5 ms, and 40 ms with this; the work of the others lost nothing that could be measured.
SWITCH_SECONDS = 0.0005


def take_turns() -> None:
    """From now on a thread that works lets others have the interpreter so soon after they asked for it."""
    sys.setswitchinterval(SWITCH_SECONDS)


def keep_what_stands() -> None:
    """Once everything has started: what there is now is no garbage, and the collector looks at it no more.

    Each full collection walks over all modules and classes otherwise, and every thread stands still meanwhile: 100 ms
    about once a second while 2,000 webhooks per second came in.
    """
    gc.collect()
    gc.freeze()
