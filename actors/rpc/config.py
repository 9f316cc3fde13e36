"""The section `rpc` of config.yaml. Values only; any thread."""

from pydantic import Field

from supervision.config import Section


class RpcConfig(Section):
    """Calls between services, over the broker."""

    concurrency: int = Field(2, ge=1, le=256, description="requests that one process runs at a time, per service")
    max_timeout_seconds: float = Field(60.0, gt=0, le=3600, description="the longest deadline a caller may set")
    max_skew_seconds: float = Field(1.0, ge=0, le=60, description="how far apart the clocks of two machines may be")
    linger_seconds: float = Field(
        3.0, gt=0, le=60, description="how long a service without servers still takes requests in"
    )
