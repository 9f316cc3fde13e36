"""What a link can change, and what it cannot."""

from hypothesis import given
from hypothesis import strategies as st

from apps.email.choices.wishes import Wishes, choose
from apps.email.letterhead.links import Stands


class Nobody:
    """A connection that must not be used."""


@given(st.dictionaries(st.text(), st.booleans()))
def test_nothing_is_written_about_topics_that_were_not_offered(said: dict[str, bool]) -> None:
    known = Wishes({}, "de")
    for stands in (Stands(person="ada"), Stands(address="eve@example.org")):
        assert choose(Nobody(), stands, said, known, None) == known  # type: ignore[arg-type]
