"""The section `people` of config.yaml. Values only; any thread."""

from pydantic import Field

from supervision.config import Section


class People(Section):
    """What is kept about people."""

    max_attributes_bytes: int = Field(default=16_384, ge=2, description="a person's attributes as JSON, at most")
