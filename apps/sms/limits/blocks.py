"""What long windows have reserved in the database, in blocks, before it is used. The holder's thread, short transactions.

A crash loses the rest of the open blocks: they count as used.
"""

from collections.abc import Sequence

from apps.sms.limits.books import Books
from apps.sms.limits.charge import Want
from supervision import System


class Blocks:
    """`lease` is the name of the lease whose epoch fences what is written."""

    def __init__(self, system: System, lease: str) -> None: ...

    def reserve(self, books: Books, wants: Sequence[Want], epoch: int) -> None:
        """Reserve in one transaction, and tell the books. Raises LeaseLost, Unavailable; then nothing was reserved."""

    def give_back(self, books: Books, epoch: int) -> None:
        """At an orderly stop: what is left of the open blocks was not used. Raises LeaseLost, Unavailable."""
