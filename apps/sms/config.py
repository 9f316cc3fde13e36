"""The section `sms` of `config.yaml`."""

from pydantic import Field

from supervision.config import Section


class Sms(Section):
    """Texts in and out."""

    default_region: str = Field("US", pattern=r"^[A-Z]{2}$", description="country of numbers written without one")
    inbound_buckets: int = Field(
        16, ge=1, le=64, description="queues that texts coming in are spread over, by our number"
    )
