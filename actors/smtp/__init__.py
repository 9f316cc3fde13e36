"""Handing mail over by SMTP: what a server answers, one session, the sender actor. The embedded server is in `mta`."""

from actors.smtp.envelope import Envelope
from actors.smtp.messages import Handover, HandoverResult, HandoverStarted, SenderReady
from actors.smtp.replies import Reply
from actors.smtp.sender import SenderOptions, sender_spec
from actors.smtp.timeouts import Timeouts
from actors.smtp.url import MailUrl, parse_url
from actors.smtp.verdicts import Outcome, Verdict

__all__ = [
    "Envelope", "Handover", "HandoverResult", "HandoverStarted", "MailUrl", "Outcome", "Reply", "SenderOptions",
    "SenderReady", "Timeouts", "Verdict", "parse_url", "sender_spec",
]  # fmt: skip
