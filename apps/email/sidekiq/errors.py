"""What can be wrong with a job. The class's name is what Sidekiq's pages show as the error's class."""

from apps.email.errors import EmailError


class SidekiqError(EmailError):
    """Root of what this folder says to people."""

    title = "The job cannot be taken"


class SidekiqOff(SidekiqError):
    """There is no section `email.sidekiq`."""

    title = "Sidekiq is not configured"
    status = 409


class JobMalformed(SidekiqError):
    """The payload is no job; Sidekiq puts such a thing among the dead as it is."""


class JobClassUnknown(SidekiqError):
    """No class of `email.sidekiq.classes` is this job's."""


class JobArgumentsWrong(SidekiqError):
    """The job has other arguments than its class is configured for."""
