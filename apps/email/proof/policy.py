"""The section `email.campaign.coverage` of config.yaml. Values only; any thread."""

from typing import Literal

from pydantic import Field

from supervision.config import Section

What = Literal["block", "allow"]


class CoveragePolicy(Section):
    """What keeps a send from starting."""

    max_fallback_share: float = Field(1.0, ge=0, le=1, description="share of people who may get another language")
    partial_translations: What = Field("allow", description="mails of which some sentences are in another language")
    max_lacking_share: float = Field(0.0, ge=0, le=1, description="share of people who may lack what the mail needs")
