import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.errors import WrongSignature
from actors.carrier.http.signature import (
    standard_signature,
    twilio_signature,
    verify_standard,
    verify_twilio,
)

URL = "https://example.org/public/sms/carriers/a/inbound"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.fixture(scope="module")
def vectors(corpus: Path) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((corpus / "06_webhooks" / "signature_vectors.json").read_text())
    return vectors


def test_twilios_own_vectors(vectors: dict[str, Any]) -> None:
    token = vectors["twilio_request"]["auth_token"]
    for case in vectors["twilio_request"]["cases"]:
        params = case.get("params", {})
        fields = parse_qsl(params) if isinstance(params, str) else list(params.items())
        body = case["body"].encode() if "body" in case else None
        verify_twilio(token, case["signature"], case["url"], fields, body)
        with pytest.raises(WrongSignature):
            verify_twilio(token, case["signature"], case["url"] + "x", fields, body)


def test_standard_webhooks_vector(vectors: dict[str, Any]) -> None:
    one = vectors["svix_standard_webhooks"]
    said = standard_signature(one["secret"], one["id"], one["timestamp"], one["body"].encode())
    assert said == one["signature"]
    several = f"v1,bm9uZQ== v1a,other {one['signature']}"
    verify_standard(one["secret"], one["id"], str(one["timestamp"]), several, one["body"].encode(), one["timestamp"])


@given(fields=st.lists(st.tuples(TEXT, TEXT), max_size=6), other=TEXT)
def test_whatever_is_signed_is_verified_and_nothing_else(fields: list[tuple[str, str]], other: str) -> None:
    signature = twilio_signature("token", URL, fields)
    verify_twilio("token", signature, URL, reversed(fields))
    if ("Body", other) not in fields:
        with pytest.raises(WrongSignature):
            verify_twilio("token", signature, URL, [*fields, ("Body", other + "!")])
    with pytest.raises(WrongSignature):
        verify_twilio("other token", signature, URL, fields)


@pytest.mark.parametrize("signature", ["", "ä", "RSOYDt4T1cUTdK1PDd93/VVr8B8"])
def test_what_is_no_signature_is_a_wrong_one(signature: str) -> None:
    with pytest.raises(WrongSignature):
        verify_twilio("12345", signature, URL)


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    url = f"{URL}?bodySHA256={'0' * 64}"
    with pytest.raises(WrongSignature, match="bodySHA256"):
        verify_twilio("token", twilio_signature("token", url), url, body=b"{}")


@pytest.mark.parametrize("timestamp", ["", "x", "1000301", "999699", "-1", "9" * 30])
def test_an_old_signature_is_not_taken(timestamp: str) -> None:
    with pytest.raises(WrongSignature, match="timestamp"):
        verify_standard("whsec_c2VjcmV0", "m1", timestamp, "v1,x", b"", 1_000_000.0)


def test_the_id_is_signed_too() -> None:
    signature = standard_signature("c2VjcmV0", "m1", 1_000_000, b"{}")
    verify_standard("whsec_c2VjcmV0", "m1", "1000000", signature, b"{}", 1_000_000.0)
    with pytest.raises(WrongSignature):
        verify_standard("whsec_c2VjcmV0", "m2", "1000000", signature, b"{}", 1_000_000.0)
