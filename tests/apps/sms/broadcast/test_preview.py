from hypothesis import given
from hypothesis import strategies as st

from actors.gsm import Policy, split
from apps.sms.broadcast.preview import Preview


def test_what_a_broadcast_would_be() -> None:
    preview = Preview()
    preview.add("Hi Ada", {"name": "Ada"}, price=0.5)
    preview.add("Hi Łukasz, " + "x" * 65, {"name": "Łukasz"}, price=0.5)
    preview.skip("place is not known")
    found = preview.to_json()
    assert (found["texts"], found["segments"], found["longest"], found["cost"]) == (2, 3, 2, 1.5)
    assert found["codings"] == {"gsm7": 1, "ucs2": 1}
    assert found["skipped"] == {"place is not known": 1}
    assert found["samples"][0] == "Hi Ada"


def test_the_field_that_flips_a_text_is_named_with_its_characters() -> None:
    preview = Preview(Policy(substitute=False))
    preview.add("Hi Łukasz “now” 🎉", {"name": "Łukasz", "age": 3})
    flips = preview.to_json()["flips"]
    assert flips["name"] == {"texts": 1, "characters": [{"character": "Ł", "texts": 1, "instead": None}]}
    blamed = {one["character"]: one["instead"] for one in flips["template"]["characters"]}
    assert blamed == {"“": '"', "”": '"', "🎉": None}


@given(st.lists(st.text(min_size=1, max_size=400)))
def test_it_counts_the_segments_that_will_leave(texts: list[str]) -> None:
    preview = Preview()
    for text in texts:
        preview.add(text, {})
    assert preview.segments == sum(len(split(text).segments) for text in texts)
