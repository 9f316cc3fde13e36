import unicodedata

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email import address
from apps.email.errors import HeaderRefused


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\n",
        "ada\0@example.org",
        "ada@example.org, eve@example.org",
        "ada <ada@example.org>",
        "ada@example",
        "@example.org",
        "ada@",
        "",
        '"a b"@example.org',
        "ada@[127.0.0.1]",
        "ada@exa mple.org",
    ],
)
def test_a_malformed_address_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(HeaderRefused) as refused:
        address.mailbox("To", text)
    assert refused.value.field == "To"


def test_a_domain_travels_as_a_labels() -> None:
    found = address.mailbox("To", "ada@MÜNCHEN.de")
    assert (found.address, found.envelope, found.smtputf8) == ("ada@münchen.de", "ada@xn--mnchen-3ya.de", False)


def test_smtputf8_is_needed_for_a_local_part_only() -> None:
    found = address.mailbox("To", "ädä@münchen.de")
    assert (found.envelope, found.smtputf8) == ("ädä@xn--mnchen-3ya.de", True)


def test_the_local_part_keeps_its_case() -> None:
    assert address.mailbox("To", "Ada.L@Example.ORG").address == "Ada.L@example.org"


@pytest.mark.parametrize("name", ["Ada\r\nBcc: eve@example.org", "Ada\n", "A\0da", "A\x85da", "A\u2028da", "A\ud800"])
def test_a_name_that_no_header_can_carry_is_refused(name: str) -> None:
    with pytest.raises(HeaderRefused):
        address.mailbox("To", "ada@example.org", name)


@given(st.text())
def test_one_line_lets_through_exactly_what_has_no_control_in_it(text: str) -> None:
    fit = all(unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} for character in text)
    if fit:
        assert address.one_line("Subject", text) == text
        assert len(text.splitlines()) <= 1
    else:
        with pytest.raises(HeaderRefused, match=r"Subject: U\+"):
            address.one_line("Subject", text)


def test_runs_of_blanks_in_a_name_count_as_one() -> None:
    assert address.mailbox("To", "ada@example.org", "  Ada \u00a0 Lovelace ").name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ada@example.org", ""),
        ("<ada@example.org>", ""),
        ("Ada Lovelace <ada@example.org>", "Ada Lovelace"),
        ('"Lovelace, Ada" <ada@example.org>', "Lovelace, Ada"),
        ("エイダ <ada@example.org>", "エイダ"),
    ],
)
def test_a_mailbox_is_parsed_from_one_text(text: str, name: str) -> None:
    found = address.parse("from", text)
    assert (found.name, found.address) == (name, "ada@example.org")


local_parts = st.text(st.sampled_from("abcXYZ019.!#$%&'*+/=?^_`{|}~-\"@ äé"), min_size=1, max_size=70)
domains = st.text(st.sampled_from("abcXYZ019.-äß點_ "), min_size=1, max_size=80) | st.sampled_from(
    ["example.org", "EXAMPLE.ORG", "bücher.example", "xn--bcher-kva.example", "localhost", "a.b", "[127.0.0.1]"]
)


@given(local_parts, domains)
def test_the_short_way_judges_as_the_library_does(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        valid = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        with pytest.raises(email_validator.EmailNotValidError):
            address._checked(text)
    else:
        envelope = valid.ascii_email or f"{valid.local_part}@{valid.ascii_domain}"
        assert address._checked(text) == (valid.normalized, envelope, valid.smtputf8)


@pytest.mark.parametrize("length", [63, 64, 65, 240, 241, 242, 243, 244])
def test_lengths_at_the_limit_are_judged_alike(length: int) -> None:
    for text in (f"{'a' * length}@example.org", f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * (length - 190)}.org"):
        try:
            email_validator.validate_email(text, check_deliverability=False)
        except email_validator.EmailNotValidError:
            with pytest.raises(email_validator.EmailNotValidError):
                address._checked(text)
        else:
            assert address._checked(text)[0] == text
