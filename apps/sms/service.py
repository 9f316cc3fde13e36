"""The service `sms` for other services: `apps/contracts/sms.proto`. Runs in the workers of `/sms/rpc`."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from actors.database import Database
from apps.contracts import sms_pb2 as messages
from apps.sms.config import Sms
from apps.sms.hub import inbox
from apps.sms.numbers import parse
from apps.sms.sending import send
from supervision.verbs import Site


class SmsService:
    """The handlers of one worker; all raise Unavailable when the database is."""

    contract: ClassVar[ServiceDescriptor] = messages.DESCRIPTOR.services_by_name["Sms"]

    def __init__(self, site: Site) -> None:
        config: Sms = site.settings.section("sms")
        self._database = Database(site.system)
        self._region = config.default_region

    def Send(self, request: messages.SendRequest) -> messages.Text:
        """Raises WrongRequest, InvalidNumber, UnknownMember, HasLeft, UnsendableText."""
        with self._database.begin() as conn:
            key = send(conn, request, self._region, datetime.now(UTC))
            return _text(inbox.text_of(conn, key))

    def Status(self, request: messages.StatusRequest) -> messages.Text:
        """Raises UnknownText."""
        with self._database.read() as conn:
            return _text(inbox.text_of(conn, request.key))

    def FindMember(self, request: messages.FindMemberRequest) -> messages.Member:
        """Raises InvalidNumber, UnknownMember."""
        number = parse(request.number, self._region).value
        with self._database.read() as conn:
            member = inbox.row_of(conn, request.leader, number)
            tags = inbox.tags_of(conn, request.leader, number)
        fields = {name: getattr(member, name) for name in ("leader", "number", "name", "state", "locale", "time_zone")}
        moments: dict[str, Any] = {name: _timestamp(getattr(member, name)) for name in ("joined_at", "last_active_at")}
        return messages.Member(**fields, **moments, tags=tags)


def _text(row: Any) -> messages.Text:
    names = ("key", "leader", "member", "direction", "body", "state", "reason", "segments", "carrier")
    moments: dict[str, Any] = {name: _timestamp(getattr(row, name)) for name in ("created_at", "changed_at")}
    return messages.Text(**{name: getattr(row, name) for name in names}, **moments)


def _timestamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
