import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from apps.email import address, mime
from apps.email.config import MailClass
from apps.email.letterhead import links, public_url, return_path
from apps.email.letterhead.head import Letterhead, letterhead
from apps.email.letterhead.links import Stands
from apps.email.templates import Rendered
from supervision import config as settings_of
from tests.apps.email.letterhead.keys import Dns, ed25519_key
from tests.apps.email.letterhead.test_dkim import verified

KEY = "00112233445566778899aabbccddeeff00112233"
STANDS = Stands(person="0192", topic="petition_updates", locale="de")
SECRET = "the secret of the tests"


def made(home: Path, **fields: Any) -> Letterhead:
    section = {"letterhead": {"secret": SECRET, **fields}}
    return letterhead(settings_of.check({"apps": ["apps.people", "apps.email"], "email": section}, home))


def sent(head: Letterhead, mail_class: MailClass = "bulk", stands: Stands = STANDS) -> tuple[mime.Mime, EmailMessage]:
    given = head.of(KEY, mail_class, "petition_update", stands)
    mail = head.sign(
        mime.build(
            Rendered("petition_update", "de", "ltr", ("de",), 0, 1, "Grüße", "Hello", "<p>Hello</p>"),
            key=KEY,
            domain="example.org",
            sender=address.parse("From", "News <news@example.org>"),
            recipient=address.mailbox("To", "ada@example.net", "Ada"),
            at=1_800_000_000.0,
            headers=given.headers,
            mail_from=given.mail_from,
        )
    )
    return mail, message_from_bytes(mail.data, policy=policy.default)


def test_bulk_mail_says_how_to_leave_it(tmp_path: Path) -> None:
    mail, read = sent(made(tmp_path, public_url="https://mail.example.org/"))
    link = read["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://mail.example.org/public/unsubscribe/")
    assert links.read(link.rpartition("/")[2], SECRET.encode()) == STANDS
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-ID"] == "<petition_updates.example.org>"
    assert read["Auto-Submitted"] is None and read["Precedence"] is None
    assert b"=?utf-8?" not in mail.data.partition(b"List-ID")[2].partition(b"MIME-Version")[0]


def test_transactional_mail_says_that_a_program_wrote_it_and_cannot_be_left(tmp_path: Path) -> None:
    _, read = sent(made(tmp_path, public_url="https://mail.example.org"), "transactional")
    assert read["Auto-Submitted"] == "auto-generated"
    assert not [name for name in read if name.lower().startswith("list-")]


def test_the_return_path_names_the_mail(tmp_path: Path) -> None:
    mail, _ = sent(made(tmp_path, return_path_domain="bounces.example.org"))
    assert mail.mail_from.endswith("@bounces.example.org")
    assert return_path.read(mail.mail_from, SECRET.encode()) == KEY
    assert sent(made(tmp_path))[0].mail_from == "news@example.org"


def test_feedback_id_has_four_fields_whatever_template_and_topic_are_called(tmp_path: Path) -> None:
    _, read = sent(made(tmp_path, feedback_id="rookery"), stands=Stands(topic="a: b\u00fc"))
    assert read["Feedback-ID"] == "petition_update:a--b-:bulk:rookery"
    assert sent(made(tmp_path))[1]["Feedback-ID"] is None


def test_without_a_url_of_its_own_the_web_server_of_the_home_is_linked_once_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_url, "LOOK_SECONDS", 0.0)
    head = made(tmp_path)
    assert sent(head)[1]["List-Unsubscribe"] is None
    (tmp_path / "web.json").write_text(json.dumps({"url": "http://127.0.0.1:8080"}))
    assert sent(head)[1]["List-Unsubscribe"].startswith("<http://127.0.0.1:8080/public/unsubscribe/")


@pytest.mark.parametrize("mail_class", ["bulk", "transactional"])
def test_the_signature_covers_the_whole_mail(mail_class: MailClass, tmp_path: Path) -> None:
    dns: Dns = {}
    key = ed25519_key(tmp_path, dns).model_dump(mode="json")
    mail, read = sent(made(tmp_path, public_url="https://mail.example.org", dkim=[key]), mail_class)
    assert verified(mail.data, dns)
    signed = {name.strip().lower() for name in read["DKIM-Signature"].partition("h=")[2].partition(";")[0].split(":")}
    assert signed >= {"from", "to", "subject", "date", "message-id"}
    assert ("list-unsubscribe-post" in signed) == (mail_class == "bulk")
