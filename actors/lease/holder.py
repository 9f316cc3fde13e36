"""The lease's actor: takes it when it is free, renews it, and tells its subscriber. One per name and process.

Put it after its subscriber in a supervisor with `rest_for_one`: when the subscriber dies the lease is given anew, under
another epoch.
"""

from supervision import Actor


class Lease(Actor):
    """Asks for the lease `name` for the actor at `subscriber`, casts it `Held`, and casts or calls it `Lost`."""

    def __init__(self, name: str, subscriber: str, term_seconds: float = 10.0, margin_seconds: float = 1.0) -> None:
        super().__init__()
