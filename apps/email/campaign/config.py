"""The section `email.campaign` of config.yaml. Values only; any thread."""

from pydantic import Field

from apps.email.proof.policy import CoveragePolicy
from supervision.config import Section


class Campaign(Section):
    """How sends to audiences are cut up, and how long their rows are kept."""

    chunk_size: int = Field(500, ge=1, le=500, description="people per chunk message")
    chunks_in_flight: int = Field(16, ge=1, le=1000, description="chunks published and not done, per send, at most")
    freeze_page: int = Field(5000, ge=1, le=100_000, description="people frozen per transaction")
    retention_days: int = Field(90, ge=1, description="after so many days a send keeps its sums, not its people")
    expected_mails_per_second: float = Field(1000.0, gt=0, description="for forecasts before anything was ever sent")
    coverage: CoveragePolicy = Field(default_factory=lambda: CoveragePolicy.model_validate({}))
