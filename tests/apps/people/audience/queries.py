"""Generated queries, and people that they mean or do not."""

from typing import Any

from hypothesis import strategies as st

from apps.people.audience.query import All, Any_, Between, Country, Has, Is, Language, Not, Signed

COUNTRIES, LANGUAGES = ["GB", "BR", "419", "XX"], ["en", "pt", "zh", "e%", "e_"]
LOCALES = [None, "en", "en-GB", "pt-BR", "es-419", "zh-Hant", "zh-Hant-GB", "ens"]
PETITIONS, NAMES = ["trees", "bus", "' OR 1=1 --"], ["plan", "gifts", "country", "a.b", "$[0]", "é 'x'"]
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, -2.5, 2**53, 1e-7])
SCALARS = st.booleans() | NUMBERS | st.sampled_from(["", "1", "true", "GB", "pro", "a'b", "é", "null"])
VALUES: Any = SCALARS | st.none() | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(NAMES), SCALARS)


def _some(values: list[str]) -> Any:
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


_BOUND = st.none() | NUMBERS
_LEAVES = st.one_of(
    st.builds(Country, _some(COUNTRIES)),
    st.builds(Language, _some(LANGUAGES)),
    st.builds(Signed, st.sampled_from(PETITIONS)),
    st.builds(Has, st.sampled_from(NAMES)),
    st.builds(Is, st.sampled_from(NAMES), st.lists(SCALARS, max_size=3).map(tuple)),
    st.builds(Between, st.sampled_from(NAMES), _BOUND, _BOUND).filter(lambda b: (b.least, b.most) != (None, None)),
)
QUERIES: Any = st.recursive(
    _LEAVES | st.builds(Not, _LEAVES),
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(All, st.lists(parts, max_size=3).map(tuple)).filter(lambda one: len(one.parts) != 1)
        | st.builds(Any_, st.lists(parts, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(LOCALES),
        st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
        st.frozensets(st.sampled_from(PETITIONS)),
    ),
    min_size=4,
    max_size=8,
)
