"""The section `demo` of config.yaml. Values only; any thread."""

from pydantic import Field

from supervision.config import Section


class Demo(Section):
    """The demo world: who lives there and how much happens."""

    enabled: bool = Field(True, description="whether anything happens there")
    people: int = Field(300, ge=20, le=100_000, description="inhabitants, written into the people's tables once")
    seed: int = Field(700143, description="the same seed makes the same people")
    signatures_per_minute: float = Field(60.0, gt=0, le=60_000, description="the mean; a day has its rush hours")
    compression: float = Field(120.0, gt=0, le=86_400, description="how much faster than ours time passes there")
    update_every: int = Field(5, ge=1, le=500, description="signatures after which their signers hear of the petition")
    reset_share: float = Field(0.1, ge=0, le=1, description="how many of the signers have forgotten their password")
    phones: int = Field(24, ge=1, le=900, description="of members who text with the leaders of the world")
    texts_per_minute: float = Field(30.0, ge=0, le=6_000, description="that they type, the mean; 0 for none")
    broadcast_every_seconds: float = Field(600.0, ge=60, description="pause between two broadcasts of a leader")
    max_backlog: int = Field(500, ge=1, description="messages in the deepest queue above which the world holds still")
