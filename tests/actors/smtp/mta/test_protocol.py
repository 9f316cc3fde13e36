import pytest

from actors.smtp.mta.protocol import with_enhanced_code


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("250 2.1.5 ok", "250 2.1.5 ok"),
        ("503 Error: need RCPT command", "503 5.5.1 Error: need RCPT command"),
        ("552 Error: message too big", "552 5.3.4 Error: message too big"),
        ("451 later", "451 4.0.0 later"),
        ("250-more to come", "250-2.0.0 more to come"),
        ("354 End data", "354 End data"),
        ("334 VXNlcg==", "334 VXNlcg=="),
        ("550 4.1.1 wrong class is the author's affair", "550 4.1.1 wrong class is the author's affair"),
    ],
)
def test_answers_carry_an_enhanced_code_where_their_class_has_one(answer: str, expected: str) -> None:
    assert with_enhanced_code(answer) == expected
