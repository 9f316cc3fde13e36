"""Strings, names and addresses that broke somebody's software, through a whole mail and back."""

import email
import json
import unicodedata
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from apps.email import mime
from apps.email.address import mailbox
from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.rules import Decided, Refused, decide
from apps.email.templates import Templates

LINK = "https://example.org/p/1"
FROM = mailbox("From", "no-reply@example.org", "Rookery")


@pytest.fixture(scope="module")
def naughty(corpus: Path) -> list[str]:
    found: list[str] = json.loads((corpus / "09_names_unicode/blns/blns.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def names(corpus: Path) -> list[str]:
    document = json.loads((corpus / "09_names_unicode/person_names_by_locale.json").read_text("utf-8"))
    return sorted({name for lists in document["locales"].values() for names in lists.values() for name in names})


def fits_a_header(text: str) -> bool:
    return all(unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def send(own: Templates, name: str, petition: str) -> EmailMessage:
    data = {"petition": petition, "signatures": 2, "link": LINK, "news": petition}
    rendered = own.render("petition_update", ["de"], data, {"name": name})
    recipient = mailbox("To", "ada@example.org", name)
    mail = mime.build(rendered, key="k" * 40, domain="example.org", sender=FROM, recipient=recipient, at=0.0)
    assert mail.data.isascii() and max(map(len, mail.data.split(b"\r\n"))) <= 78
    said, address = parseaddr(email.message_from_bytes(mail.data)["To"])
    assert (str(make_header(decode_header(said))), address) == (recipient.name, "ada@example.org")
    parsed = email.message_from_bytes(mail.data, policy=default)
    assert isinstance(parsed, EmailMessage) and not parsed.defects
    return parsed


def test_naughty_strings_arrive_or_are_refused(own: Templates, naughty: list[str]) -> None:
    arrived = 0
    for text in naughty:
        if not fits_a_header(text):
            with pytest.raises(EmailError):
                send(own, "", text)
            continue
        mail = send(own, text, text)
        assert mail["Subject"] == f"{text}: 2 Unterschriften".strip()
        body, html = (part.get_content() for part in mail.iter_parts())
        assert f"„{text}“ unterschrieben." in body
        assert "<script" not in html.lower() and "<img" not in html.lower() and "<svg" not in html.lower()
        arrived += 1
    assert arrived > 400


def test_no_naughty_string_adds_a_header(own: Templates, naughty: list[str]) -> None:
    usual = send(own, "Ada", "x").keys()
    for text in filter(fits_a_header, naughty):
        assert send(own, text, text).keys() == usual


def test_names_of_86_locales_arrive(names: list[str]) -> None:
    assert len(names) > 20_000
    for name in names:
        mailbox_of = mailbox("To", "ada@example.org", name)
        # The header alone; whole mails of all names would be minutes of the same.
        header = mime.unstructured("X-Name", mailbox_of.name)
        assert str(make_header(decode_header(header))) == mailbox_of.name, name
        assert header.isascii() and all(len(line) <= 78 for line in header.split("\r\n"))


@pytest.fixture(scope="module")
def addresses(corpus: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (corpus / "09_names_unicode/email_addresses/isemail_tests.json").read_text("utf-8")
    )
    return found


def decided(own: Templates, config: Email, address: str) -> Decided | Refused:
    event = Event("e1", "/corpus", "password_reset", {"to": address, "link": LINK})
    return decide(event, config, own)


def test_an_address_that_is_an_error_is_refused_with_its_field(
    own: Templates, config: Email, addresses: list[dict[str, Any]]
) -> None:
    wrong = [case["address"] for case in addresses if case["category"] == "ISEMAIL_ERR"]
    assert len(wrong) > 50
    for address in wrong:
        decision = decided(own, config, address)
        assert isinstance(decision, Refused) and decision.error.field == "data.to", address


def test_an_address_that_is_accepted_stands_alone_in_its_header(
    own: Templates, config: Email, addresses: list[dict[str, Any]]
) -> None:
    accepted = 0
    for case in addresses:
        decision = decided(own, config, case["address"])
        if isinstance(decision, Refused):
            continue
        (job,) = decision.jobs
        rendered = own.render(job.template, [], job.data)
        recipient = mailbox("To", job.address)
        mail = mime.build(rendered, key=job.key, domain="example.org", sender=FROM, recipient=recipient, at=0.0)
        (found,) = email.message_from_bytes(mail.data, policy=default)["To"].addresses
        assert found.addr_spec == mail.rcpt_to, case["address"]
        accepted += 1
    assert accepted > 20
