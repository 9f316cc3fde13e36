"""What can be done with the phones of the simulated carriers. Runs in the threads of verbs, in any process.

Everything is read from and written to the carriers' files; their links find it there.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import Field

from actors.carrier.simulated import phones, post, watcher
from apps.sms.config import Sms
from apps.sms.hub.verbs import list_numbers
from apps.sms.phones.errors import NotSimulated
from supervision.verbs import NoParams, Params, Site, Verb


class TypeParams(Params):
    phone: str = Field(description="the member's number")
    to: str = Field(description="our number")
    body: str = Field(max_length=10_000, description="what the member types")
    carrier: str | None = Field(None, description="the simulated carrier; null: that of our number")


class PhoneParams(Params):
    phone: str = Field(description="the member's number")
    after: int = Field(0, ge=0, description="the id of the last text seen")
    limit: int = Field(100, ge=1, le=10_000)


class BlockParams(Params):
    phone: str = Field(description="the member's number")
    number: str = Field(description="our number")
    carrier: str | None = Field(None, description="the simulated carrier; null: that of our number")
    blocked: bool = Field(True, description="false takes it off the list")


def type_text(site: Site, params: TypeParams) -> dict[str, Any]:
    """Raises NotSimulated, WrongNumber."""
    name, path = _carrier(site, params.carrier, params.to)
    id = post.type_text(path, name, params.phone, params.to, params.body)
    return {"carrier": name, "id": id}


def show_phone(site: Site, params: PhoneParams) -> list[dict[str, Any]]:
    """What the phone's screen shows, of all simulated carriers, in order."""
    texts = [
        {
            "id": text.id,
            "at": text.at,
            "from": text.source,
            "text": text.text,
            "segments": len(text.segments),
            "carrier": text.segments[0].carrier,
        }
        for path in sorted(set(_files(site).values()))
        for text in phones.screen(path, params.phone, after=params.after)
    ]
    return sorted(texts, key=lambda text: (text["at"], text["id"]))[: params.limit]


def list_phones(site: Site, params: NoParams) -> list[str]:
    return sorted({number for path in set(_files(site).values()) for number in phones.numbers(path)})


def block(site: Site, params: BlockParams) -> dict[str, Any]:
    """Raises NotSimulated."""
    name, path = _carrier(site, params.carrier, params.number)
    phones.block(path, name, params.number, params.phone, blocked=params.blocked)
    return {"carrier": name, "blocked": params.blocked}


def watched(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """What each simulated carrier counted, limit by limit: the fullest window, and what was too many."""
    return [asdict(seen) for path in sorted(set(_files(site).values())) for seen in watcher.watched(path)]


def _files(site: Site) -> dict[str, Path]:
    """The network of each simulated carrier."""
    config: Sms = site.settings.section("sms")
    home = site.settings.home
    return {one.name: one.simulated.path(home) for one in config.carriers if one.simulated is not None}


def _carrier(site: Site, name: str | None, number: str) -> tuple[str, Path]:
    files = _files(site)
    if name is None and len(files) == 1:
        (name,) = files
    if name is None:
        name = next((row["carrier"] for row in list_numbers(site, NoParams()) if row["number"] == number), "")
    if name not in files:
        known = ", ".join(sorted(files)) or "none"
        raise NotSimulated(f"{number} is served by no simulated carrier; there are: {known}", field="carrier")
    return name, files[name]


VERBS = (
    Verb("sms.phone.text", TypeParams, type_text, writes=True, doc="A member texts one of our numbers."),
    Verb("sms.phone", PhoneParams, show_phone, doc="What a phone of the simulated carriers got."),
    Verb("sms.phones", NoParams, list_phones, doc="The phones of the simulated carriers that got something."),
    Verb("sms.phone.block", BlockParams, block, writes=True, doc="Opt a phone out of a number, at the carrier alone."),
    Verb("sms.watched", NoParams, watched, doc="What the simulated carriers saw of our limits."),
)
