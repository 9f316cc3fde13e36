from apps.email.trace import Trace


def test_steps_stay_in_their_order_and_nothing_changes_a_trace() -> None:
    first = Trace().note("rule", event="x")
    second = first.note("locale", chosen="ja", missing=None)
    assert first.steps == ({"step": "rule", "event": "x"},)
    assert second.steps == ({"step": "rule", "event": "x"}, {"step": "locale", "chosen": "ja"})


def test_a_trace_survives_json() -> None:
    trace = Trace().note("reply", text="550 5.1.1 nö\0", at=1.5)
    assert Trace.from_json(trace.to_json()) == trace
    assert "\0" not in trace.to_json()


def test_a_second_attempt_goes_on_where_the_first_ended() -> None:
    beginning = Trace().note("rule", event="x")
    first = beginning.note("reply", code=451)
    second = beginning.note("reply", code=250)
    assert [step.get("code") for step in second.after(first).steps] == [None, 451, 250]
