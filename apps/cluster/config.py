"""The section `cluster` of config.yaml. Values only; any thread."""

from pydantic import Field

from supervision.config import Section


class Cluster(Section):
    """The roots on one broker, seen from each of them."""

    heartbeat_seconds: float = Field(2.0, gt=0, le=60, description="pause between two signs of life of a root")
    forget_seconds: float = Field(3600.0, gt=0, description="how long a root that fell silent is shown as missing")
