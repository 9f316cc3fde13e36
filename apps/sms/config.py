"""The section `sms` of `config.yaml`."""

from typing import Annotated

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, Field, field_validator

from apps.sms.outbound.config import (
    DEFAULT_CARRIERS,
    DEFAULT_LIMITS,
    Carrier,
    LimitSection,
    Outbound,
    own_limits,
    own_names,
)
from supervision.config import Section


class Sms(Section):
    """Texts in and out."""

    default_region: str = Field("US", pattern=r"^[A-Z]{2}$", description="country of numbers written without one")
    inbound_buckets: int = Field(
        8, ge=1, le=64, description="queues that texts coming in are spread over, by our number"
    )
    carriers: Annotated[tuple[Carrier, ...], AfterValidator(own_names)] = Field(
        DEFAULT_CARRIERS, description="who takes our texts and brings those of members"
    )
    limits: Annotated[tuple[LimitSection, ...], AfterValidator(own_limits)] = Field(
        DEFAULT_LIMITS, description="what is handed over per window, at most; each holds by itself"
    )
    outbound: Outbound = Field(default_factory=lambda: Outbound.model_validate({}), description="how texts leave")

    @field_validator("default_region")
    @classmethod
    def _is_a_country(cls, region: str) -> str:
        if region not in SUPPORTED_REGIONS:
            raise ValueError(f"no country {region!r} has numbers of phones")
        return region
