"""How one carrier speaks SMPP: where it is, as whom to bind, its limits, and what it does otherwise than the standard.

Part of a carrier's section in `config.yaml`. Values only; any thread.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic.types import PositiveFloat, PositiveInt

from actors.carrier.port import NumberType
from actors.gsm import Coding

Octet = Annotated[int, Field(ge=0, le=255)]
Tag = Annotated[int, Field(ge=0, le=0xFFFF)]


class BindType(StrEnum):
    """Which way texts go."""

    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"
    TRANSCEIVER = "transceiver"


class LongTexts(StrEnum):
    """How the parts of a long text say so; `payload`: the SMSC splits, and gets the text in one piece."""

    UDH = "udh"
    SAR = "sar"
    PAYLOAD = "payload"


class Gsm7(StrEnum):
    """What stands in `short_message` for GSM-7: a septet to an octet, septets packed, or Latin-1 in its place."""

    UNPACKED = "unpacked"
    PACKED = "packed"
    LATIN_1 = "latin-1"


class ReceiptIds(StrEnum):
    """How the id in a receipt differs from the one in submit_sm_resp; see `actors.smpp.ids`."""

    AS_IS = "as-is"
    HEX_TO_DECIMAL = "hex-to-decimal"
    DECIMAL_TO_HEX = "decimal-to-hex"
    AUTO = "auto"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Seconds(_Section):
    """See `actors.smpp.session.Limits` for response, idle and enquiry.

    Attributes:
        connect: to each host, with TLS.
        settle: for our intake to store what came in; then the SMSC is told to send it again.
        part: for the next part of a long text before the parts so far are answered. Until then the SMSC would send
            them again after a crash; from then on they live in our memory only. An SMSC that sends nothing meanwhile
            waits for our answer, and gets it at once from there on.
        parts: for all parts of a long text; then what is there is the text.
        farewell: for answers that are on their way when we stop.
    """

    connect: PositiveFloat = 10.0
    response: PositiveFloat = 30.0
    idle: PositiveFloat = 30.0
    enquiry: PositiveFloat = 10.0
    settle: PositiveFloat = 30.0
    part: float = Field(1.0, ge=0)
    parts: PositiveFloat = 600.0
    farewell: float = Field(2.0, ge=0)


class Numbering(_Section):
    """Type of number and numbering plan (SMPP 3.4, 5.2.5 and 5.2.6) for each kind of address that we send."""

    ton: Octet
    npi: Octet


class BindConfig(_Section):
    """One carrier's SMSC.

    Attributes:
        hosts: `host:port`, tried in turn until one takes the bind.
        tls: from the first octet, certificate verified unless `tls_verify` is false; `tls_ca_file` for a private CA.
        window: unanswered submit_sm at once; ask the carrier. inbound_window: deliveries that we have in hand.
        long_texts, gsm7, receipt_ids: see there. data_codings: where they differ from 0, 8 and 4.
        plus: whether an international number is sent with its `+`.
        country_code: for numbers that arrive as national ones.
        time_zone: of the dates in receipts.
        tlvs: sent with each submit_sm, as tag to hexadecimal octets.
        inbound_id_tag: the TLV that names an inbound text for ever, if this carrier has one.
        opted_out: statuses, and error codes of receipts, by which it says that the member wants no texts.
    """

    hosts: tuple[str, ...] = Field(min_length=1)
    system_id: str = Field(max_length=15)
    password: SecretStr = SecretStr("")
    system_type: str = Field("", max_length=12)
    address_range: str = Field("", max_length=40)
    bind: BindType = BindType.TRANSCEIVER
    tls: bool = False
    tls_verify: bool = True
    tls_ca_file: Path | None = None
    window: PositiveInt = 10
    inbound_window: PositiveInt = 1000
    seconds: Seconds = Seconds()
    service_type: str = Field("", max_length=5)
    long_texts: LongTexts = LongTexts.UDH
    gsm7: Gsm7 = Gsm7.UNPACKED
    data_codings: dict[Coding, Octet] = {}
    numbering: dict[NumberType, Numbering] = {}
    plus: bool = False
    country_code: str = Field("", pattern=r"^[0-9]{0,3}$")
    receipt_ids: ReceiptIds = ReceiptIds.AS_IS
    time_zone: str = "UTC"
    tlvs: dict[Tag, str] = {}
    inbound_id_tag: Tag | None = None
    opted_out: frozenset[int] = frozenset()

    @field_validator("hosts")
    @classmethod
    def _are_places(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            name, _, port = host.rpartition(":")
            if not name or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ValueError(f"expected host:port, as in smsc.example.org:2775, not {host!r}")
        return hosts

    @field_validator("tlvs")
    @classmethod
    def _are_octets(cls, tlvs: dict[int, str]) -> dict[int, str]:
        for value in tlvs.values():
            bytes.fromhex(value)
        return tlvs

    @field_validator("password")
    @classmethod
    def _can_be_said(cls, password: SecretStr) -> SecretStr:
        if not password.get_secret_value().isascii() or len(password) > 64:
            raise ValueError("SMPP takes passwords of up to 64 ASCII characters")
        return password

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone is called {time_zone!r}") from error
        return time_zone

    @property
    def interface_version(self) -> Literal[0x34]:
        """SMPP 3.4."""
        return 0x34
