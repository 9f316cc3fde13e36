"""The service `email` for other services: `apps/contracts/email.proto`. Runs in the workers of `/email/rpc`."""

from typing import ClassVar

from google.protobuf import json_format
from google.protobuf.descriptor import ServiceDescriptor

from apps.contracts import email_pb2 as messages
from apps.email import verbs
from apps.email.cloudevents import from_attributes
from supervision.verbs import Site


class EmailService:
    """The handlers of one worker; all raise Unavailable when the broker or the database is."""

    contract: ClassVar[ServiceDescriptor] = messages.DESCRIPTOR.services_by_name["Email"]

    def __init__(self, site: Site) -> None:
        self._site = site

    def Send(self, request: messages.SendRequest) -> messages.SendReply:
        """Raises InvalidEvent, UnknownEventType, MissingVariables."""
        attributes = {"specversion": "1.0", "type": request.type, "source": request.source, "id": request.id}
        event = from_attributes({**attributes, "data": json_format.MessageToDict(request.data)})
        return messages.SendReply(mails=verbs.accept(self._site, event)["mails"])

    def Status(self, request: messages.StatusRequest) -> messages.Mail:
        """Raises UnknownMail."""
        entry = verbs.find(self._site, request.key)
        return messages.Mail(
            key=entry.key,
            message_id=entry.message_id,
            event_type=entry.event_type,
            person=entry.person,
            state=entry.state.value,
            reason=entry.reason,
            attempts=entry.attempts,
            doubts=entry.doubts,
            changed_at=entry.changed_at,
            code=entry.code,
            reply=entry.reply,
        )
