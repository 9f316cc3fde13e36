"""What can break, and the rule that says where and how often. Values only; any thread.

`crash`, `hang` and `fill-mailbox` strike at once, also an idle actor, unless `every`, `probability` or `after` ask for
certain messages. `slow`, `drop` and `leak` strike messages, `fail-start` starts, `refuse-stop` orders to stop. The
node faults strike the process of a node, at once.
"""

from dataclasses import dataclass
from typing import Literal

from supervision.errors import Refusal
from supervision.faults.exceptions import exception_class
from supervision.faults.pattern import compiled

Kind = Literal[
    "crash", "hang", "slow", "refuse-stop", "fail-start", "drop", "fill-mailbox", "leak",
    "kill-node", "stop-node", "pause-node",
]  # fmt: skip
#: When a kind strikes.
Moment = Literal["message", "start", "stop", "node"]


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind needs to know.

    Attributes:
        takes: fields that mean something to this kind alone; `needs` are those it cannot do without.
        prompt: without a choice of messages it strikes at once.
        lasting: as a rule it is meant to go on, so the doors do not limit it to one strike.
    """

    moment: Moment
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    prompt: bool = False
    lasting: bool = False


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


KINDS: dict[Kind, Form] = {
    "crash": Form("message", _set("exception"), prompt=True),
    "hang": Form("message", _set("seconds", "stubborn"), prompt=True),
    "slow": Form("message", _set("seconds", "jitter_seconds"), _set("seconds"), lasting=True),
    "refuse-stop": Form("stop", _set("stubborn"), lasting=True),
    "fail-start": Form("start", _set("exception")),
    "drop": Form("message", lasting=True),
    "fill-mailbox": Form("message", prompt=True),
    "leak": Form("message", _set("bytes"), _set("bytes"), lasting=True),
    "kill-node": Form("node", prompt=True),
    "stop-node": Form("node", prompt=True),
    "pause-node": Form("node", _set("seconds"), _set("seconds"), prompt=True),
}
_PARTICULAR = frozenset().union(*(form.takes for form in KINDS.values()))


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What breaks, where and how often.

    Attributes:
        pattern: a path; `*` stands for anything within a segment, `**` for any number of segments.
        times: strikes per path, also over restarts; None for no end.
        every: strike at every n-th message of an actor.
        probability: strike a message with this chance, drawn from `seed` and the path.
        duration_seconds: the rule ends by itself after that; None for never.
        after: the first messages (starts, orders to stop) of an actor that are spared.
        leashed: only say what would have been struck.
        exception: of a crash or failed start: a builtin name, or a dotted one of a module that is loaded here.
        seconds: how long it hangs (None: until cleared or broken), is slow or paused.
        jitter_seconds: up to so much is added to `seconds`, by chance.
        bytes: kept for each message until the rule ends or the actor does.
        stubborn: not even the breaker helps; only the end of the rule does.

    Raises Refusal, with the field at fault.
    """

    kind: Kind
    pattern: str
    times: int | None = 1
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    duration_seconds: float | None = None
    after: int = 0
    leashed: bool = False
    exception: str | None = None
    seconds: float | None = None
    jitter_seconds: float = 0.0
    bytes: int | None = None
    stubborn: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refusal(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}", field="kind")
        if not self.pattern.startswith("/"):
            raise Refusal(f"a pattern is a path and begins with '/': {self.pattern!r}", field="pattern")
        self._check_numbers()
        self._check_particulars()
        if self.form.moment == "node":
            self._check_promptness()
        if self.exception is not None:
            exception_class(self.exception)

    def _check_numbers(self) -> None:
        for name, least in (("times", 1), ("every", 1), ("after", 0), ("bytes", 1), ("jitter_seconds", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise Refusal(f"must be >= {least}, not {value}", field=name)
        for name in ("duration_seconds", "seconds"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise Refusal(f"must be > 0, not {value}", field=name)
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise Refusal(f"must be between 0 and 1, not {self.probability}", field="probability")

    def _check_particulars(self) -> None:
        for name in sorted(_PARTICULAR):
            given = bool(getattr(self, name))
            if given and name not in self.form.takes:
                raise Refusal(f"means nothing to {self.kind}", field=name)
            if not given and name in self.form.needs:
                raise Refusal(f"{self.kind} cannot do without it", field=name)

    def _check_promptness(self) -> None:
        for name, usual in (("every", None), ("probability", None), ("after", 0), ("times", 1)):
            if getattr(self, name) != usual:
                raise Refusal(f"{self.kind} strikes once, at once; leave it out", field=name)

    @property
    def form(self) -> Form:
        return KINDS[self.kind]

    @property
    def at_once(self) -> bool:
        return self.form.prompt and self.every is None and self.probability is None and not self.after

    def matches(self, path: str, type: str) -> bool:
        """Supervisors are spared by patterns with wildcards; name one exactly to hit it. Nodes are not spared."""
        if type == "supervisor" and "*" in self.pattern and self.form.moment != "node":
            return False
        return compiled(self.pattern).fullmatch(path) is not None
