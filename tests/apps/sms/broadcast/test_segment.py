from typing import Any

import pytest

from apps.people.audience.logic import All, Any_, Not
from apps.people.audience.query import Between, Country, Has, Is, Language
from apps.people.errors import Refused
from apps.sms.broadcast.segment import Active, Age, Answered, Joined, Place, Tag, parse, to_json

WRITTEN: list[tuple[Any, Any]] = [
    ({}, All(())),
    ({"tag": "vip"}, Tag(("vip",))),
    ({"place": ["LEEDS", "York"]}, Place(("leeds", "york"))),
    ({"country": "gb"}, Country(("GB",))),
    ({"language": "EN"}, Language(("en",))),
    ({"age": {"at_least": 18}}, Age(18, None)),
    ({"active": {"within_days": 30}}, Active(30)),
    ({"joined": {"within_days": 0.5}}, Joined(0.5)),
    ({"answered": "team"}, Answered(Has("team"))),
    ({"answered": {"name": "team", "is": "red"}}, Answered(Is("team", ("red",)))),
    ({"answered": {"name": "gifts", "at_most": 3}}, Answered(Between("gifts", None, 3))),
    ({"tag": "vip", "not": {"any": [{"tag": "press"}]}}, All((Tag(("vip",)), Not(Any_((Tag(("press",)),)))))),
]


@pytest.mark.parametrize(("document", "segment"), WRITTEN, ids=str)
def test_what_is_written_means_and_is_written_again(document: Any, segment: Any) -> None:
    assert parse(document) == segment
    assert parse(to_json(segment)) == segment


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "segment"),
        ({"tagg": "vip"}, "segment.tagg"),
        ({"any": [{"tag": 5}]}, "segment.any[0].tag"),
        ({"age": {}}, "segment.age"),
        ({"age": {"at_least": "18"}}, "segment.age.at_least"),
        ({"active": 30}, "segment.active"),
        ({"active": {"within_days": -1}}, "segment.active.within_days"),
        ({"answered": {"is": 1}}, "segment.answered.name"),
    ],
    ids=str,
)
def test_what_is_no_segment_is_refused_by_its_place(document: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document)
    assert refused.value.field == field
