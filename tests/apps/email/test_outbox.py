import pytest

from apps.email.outbox import key_of


@pytest.mark.parametrize(
    ("message_id", "key"),
    [("<abc@example.org>", "abc"), ("<abc>", ""), ("", ""), ("<a@b@c>", "a"), ("<@example.org>", "")],
)
def test_the_key_is_the_left_side_of_a_message_id(message_id: str, key: str) -> None:
    assert key_of(message_id) == key
