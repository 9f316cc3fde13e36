"""What can be wrong about what is asked of the quarantine. Wrong options are `WrongOption`, as in all pipelines."""

from actors.pipeline.errors import PipelineError, WrongOption
from supervision.errors import Refusal

__all__ = ["ConnectorError", "SettledEntry", "UnknownEntry", "WrongEdit", "WrongOption"]


class ConnectorError(PipelineError):
    """Root of the errors of this folder."""

    title = "The pipeline's connector failed"


class UnknownEntry(ConnectorError, Refusal):
    """The quarantine holds no message of this number."""

    title = "Not in quarantine"
    status = 404


class SettledEntry(ConnectorError, Refusal):
    """The message has been replayed or dropped already; nothing was done."""

    title = "No longer in quarantine"
    status = 409


class WrongEdit(ConnectorError, Refusal):
    """The body or header cannot be changed like that; nothing was done."""

    title = "Wrong edit"
    status = 422
