"""What goes wrong with leases, for people."""

from actors.errors import ActorsError


class LeaseError(ActorsError):
    """Root of the errors about leases."""

    title = "A lease"


class LeaseLost(LeaseError):
    """Another grant was given since: whoever writes under this epoch must stop. Its transaction is rolled back."""

    title = "The lease was lost"
    status = 409

    def __init__(self, name: str, epoch: int) -> None:
        super().__init__(f"the lease {name} is no longer held under epoch {epoch}; nothing was written")
        self.name = name
        self.epoch = epoch
