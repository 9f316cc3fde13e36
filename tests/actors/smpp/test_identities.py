from actors.smpp.identities import ANSWERED_SECONDS, IN_FLIGHT_SECONDS, OWED_SECONDS, Identities


def test_the_same_words_twice_are_two_texts() -> None:
    identities = Identities()
    first = identities.name("d", 0.0)
    assert identities.name("d", 0.0) != first, "both are on their way"
    identities.answered(first, 1.0)
    assert identities.name("d", 2.0) != first


def test_what_was_sent_back_keeps_its_name_once() -> None:
    identities = Identities()
    first = identities.name("d", 0.0)
    identities.refused(first, 1.0)
    assert identities.name("d", 2.0) == first
    assert identities.name("d", 3.0) != first


def test_what_was_open_when_the_connection_was_lost_keeps_its_name() -> None:
    identities = Identities()
    both = [identities.name("d", 0.0), identities.name("d", 0.0)]
    identities.lost(1.0)
    assert [identities.name("d", OWED_SECONDS - 1), identities.name("d", OWED_SECONDS)] == both
    identities.lost(OWED_SECONDS)
    assert identities.name("d", 2 * OWED_SECONDS + 1) not in both, "a day later it is another text"


def test_an_answer_just_before_the_loss_may_not_have_arrived() -> None:
    identities = Identities()
    old, young = identities.name("old", 0.0), identities.name("young", 0.0)
    identities.answered(old, 0.0)
    identities.answered(young, IN_FLIGHT_SECONDS)
    identities.lost(IN_FLIGHT_SECONDS + 1)
    assert identities.name("old", IN_FLIGHT_SECONDS + 2) != old
    assert identities.name("young", IN_FLIGHT_SECONDS + 2) == young


def test_an_answered_one_is_not_looked_for_long() -> None:
    identities = Identities()
    name = identities.name("d", 0.0)
    identities.answered(name, 0.0)
    identities.lost(1.0)
    assert identities.name("d", 1.0 + ANSWERED_SECONDS) != name


def test_nothing_is_kept_of_what_was_answered_long_ago() -> None:
    identities = Identities()
    for number in range(1000):
        identities.answered(identities.name(str(number), float(number)), float(number))
    assert len(identities._told) <= IN_FLIGHT_SECONDS + 1
