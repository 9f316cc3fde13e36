"""What a server offers in its answer to EHLO (RFC 5321 4.1.1.1). Pure; any thread."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from actors.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Keywords in upper case, each with its parameters. Empty after HELO."""

    extensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.extensions

    @property
    def keywords(self) -> Set[str]:
        return self.extensions.keys()

    @property
    def pipelining(self) -> bool:
        """Commands may be sent in groups (RFC 2920)."""
        return "PIPELINING" in self

    @property
    def auth(self) -> frozenset[str]:
        """Mechanisms of AUTH (RFC 4954)."""
        return frozenset(mechanism.upper() for mechanism in self.extensions.get("AUTH", ()))


def read_capabilities(reply: Reply) -> Capabilities:
    """From the answer to EHLO; its first line is a greeting."""
    extensions: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        words = line.split()
        if words:
            # Some servers still write "AUTH=LOGIN" beside "AUTH PLAIN".
            keyword, _, first = words[0].upper().partition("=")
            extensions[keyword] = extensions.get(keyword, ()) + ((first,) if first else ()) + tuple(words[1:])
    return Capabilities(extensions)
