from hypothesis import given
from hypothesis import strategies as st

from apps.email.letterhead import links, secret
from apps.email.letterhead.links import Stands

SECRET = b"the secret of the tests"
words = st.text(max_size=60)


@given(words, words, words, words)
def test_a_token_comes_back_as_what_it_stands_for(person: str, address: str, topic: str, locale: str) -> None:
    stands = Stands(person, address, topic, locale)
    token = links.token(stands, SECRET)
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if len(token) <= links.MOST_CHARACTERS:
        assert links.read(token, SECRET) == stands
    assert links.read(token, b"another secret") is None


@given(st.text(max_size=200))
def test_what_we_never_signed_stands_for_nothing(token: str) -> None:
    assert links.read(token, SECRET) is None


@given(st.integers(0, 200), st.sampled_from("AZaz09-_."))
def test_a_changed_token_stands_for_nothing_else(place: int, character: str) -> None:
    stands = Stands(person="0192-a", topic="petition_updates", locale="de")
    token = links.token(stands, SECRET)
    place %= len(token)
    assert links.read(token[:place] + character + token[place + 1 :], SECRET) in (None, stands)


def test_a_signature_for_another_purpose_is_void() -> None:
    text = '["p", "", "", ""]'
    signature = secret.sign(SECRET, "return path", text)
    assert not secret.agrees(SECRET, links.PURPOSE, text, signature)
    assert not secret.agrees(SECRET, "return path", text, b"")
