"""The section `email.sidekiq` of config.yaml. Values only; any thread."""

from typing import Literal

from pydantic import ConfigDict, Field, SecretStr

from supervision.config import Section


class JobClass(Section):
    """What a job of one class means."""

    event: str = Field(min_length=1, description="type of the event that it becomes")
    args: tuple[str, ...] = Field(
        ("to",), description="names of its arguments in the event's data; '' leaves one out, '**' takes a hash's keys"
    )


class Sidekiq(Section):
    """Where Sidekiq's queues are, and which of their jobs are events."""

    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    url: SecretStr = Field(description="redis[s]://[user:password@]host[:port]/number")
    name: str = Field("rookery", pattern=r"^[\w.-]+$", description="of this reader; another root needs another name")
    queues: tuple[str, ...] = Field(("mailers",), min_length=1, description="read in this order, the first ones first")
    classes: dict[str, JobClass] = Field(default_factory=dict, description="job class, or Mailer#action -> event")
    batch: int = Field(100, ge=1, le=1000, description="jobs taken at a time")
    poll_seconds: float = Field(1.0, gt=0, description="pause after the queues were found empty")
    retries: bool = Field(True, description="puts due jobs of the retry and schedule sets back into these queues")
    times: Literal["seconds", "milliseconds"] = Field("seconds", description="of pushed jobs: milliseconds from 8.0 on")
