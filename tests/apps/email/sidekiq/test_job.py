"""Jobs as real Sidekiq writes them: read, mapped, and marked as failed like Sidekiq itself does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.sidekiq.config import JobClass
from apps.email.sidekiq.errors import JobArgumentsWrong, JobClassUnknown, JobMalformed
from apps.email.sidekiq.job import MAX_RETRIES, Fate, Job, event_of, fail, meant, new, parse

FAILURE = {"error_message", "error_class", "failed_at", "retry_count", "retried_at", "error_backtrace"}


def job(**fields: Any) -> Job:
    return Job({"class": "A", "args": [], "jid": "1" * 24, "queue": "q", "retry": True, "created_at": 1.5, **fields})


def classes(**given: Any) -> dict[str, JobClass]:
    return {name: JobClass.model_validate(value) for name, value in given.items()}


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"{}", b'{"class": "A", "args": []}', b'{"class":"A","jid":"1"}'])
def test_what_is_no_job(raw: bytes) -> None:
    with pytest.raises(JobMalformed):
        parse(raw)


def test_arguments_by_name() -> None:
    known = classes(A={"event": "reset", "args": ["to", "", "**"]})
    event = event_of(job(args=["a@b.org", 7, {"locale": "ja", "_aj_symbol_keys": []}]), "mailers", known)
    assert (event.id, event.source, event.type) == ("1" * 24, "/sidekiq/mailers", "reset")
    assert event.time == "1970-01-01T00:00:01.500000+00:00"
    assert event.data["to"] == "a@b.org" and event.data["locale"] == "ja"


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [("B", [], JobClassUnknown), ("A", [1, 2], JobArgumentsWrong), ("C", ["x"], JobArgumentsWrong)],
)
def test_jobs_that_are_nobodys(name: str, args: list[Any], error: type[Exception]) -> None:
    known = classes(A={"event": "a", "args": ["to"]}, C={"event": "c", "args": ["**"]})
    with pytest.raises(error):
        event_of(job(**{"class": name}, args=args), "q", known)


def test_active_jobs_wrapper_is_taken_off() -> None:
    inner = {"job_class": "SomeWorker", "arguments": ["a", {"b": 1, "_aj_symbol_keys": ["b"]}]}
    assert meant(job(wrapped="SomeWorker", args=[inner])) == ("SomeWorker", ["a", {"b": 1}])
    mail = ["UserMailer", "welcome", "deliver_now", {"args": ["x", 2], "_aj_ruby2_keywords": ["args"]}]
    inner = {"job_class": "ActionMailer::MailDeliveryJob", "arguments": mail}
    assert meant(job(wrapped="ActionMailer::MailDeliveryJob", args=[inner])) == ("UserMailer#welcome", ["x", 2])


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"retry": True}, Fate.RETRY),
        ({"retry": False}, Fate.DISCARDED),
        ({"retry": 0}, Fate.DEAD),
        ({"retry": 2, "retry_count": 0, "failed_at": 1.0}, Fate.RETRY),
        ({"retry": 2, "retry_count": 1, "failed_at": 1.0}, Fate.DEAD),
        ({"retry": 2, "retry_count": 1, "failed_at": 1.0, "dead": False}, Fate.DISCARDED),
        ({"retry_count": MAX_RETRIES - 1, "failed_at": 1.0}, Fate.DEAD),
        ({"retry_count": 1, "failed_at": 1.0, "retry_for": 60}, Fate.DEAD),
        ({"retry_count": 1, "failed_at": 90.0, "retry_for": 60}, Fate.RETRY),
    ],
)
def test_where_a_failed_job_goes(fields: dict[str, Any], fate: Fate) -> None:
    assert fail(job(**fields), "q", ValueError("x"), 100.0, 0.0).fate is fate


@given(st.integers(0, MAX_RETRIES - 2), st.floats(0, 0.999))
def test_the_backoff_is_sidekiqs(count: int, jitter: float) -> None:
    failed = fail(job(retry_count=count, failed_at=1.0), "q", ValueError("x"), 100.0, jitter)
    tries = count + 1
    assert 0 <= failed.at - 100.0 - tries**4 - 15 < 10 * (tries + 1)


def test_times_are_written_as_the_job_has_them() -> None:
    old = fail(job(), "q", ValueError("x"), 100.25, 0).job.fields
    young = fail(job(created_at=1795317795800), "q", ValueError("x"), 1795317796.23, 0).job.fields
    assert (old["failed_at"], young["failed_at"]) == (100.25, 1795317796230)
    assert "retried_at" not in old


def captured(corpus: Path, phase: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((corpus / "03_sidekiq_payloads" / "captured").glob(f"*-{phase}.json")):
        yield file.name, json.loads(file.read_text())


def test_every_real_payload_is_read_and_written_back_as_it_was(corpus: Path) -> None:
    count = 0
    for phase in ("enqueued", "processed"):
        for name, found in captured(corpus, phase):
            members = [one["member"] for members in found["sets"].values() for one in members]
            for raw in [one for queue in found["queues"].values() for one in queue] + members:
                assert json.loads(parse(raw.encode()).to_json()) == json.loads(raw), name
                assert parse(raw.encode()).milliseconds == name.startswith("sidekiq-8"), name
                count += 1
    assert count >= 60


def test_our_failures_have_the_fields_of_sidekiqs_own(corpus: Path) -> None:
    compared = 0
    for name, found in captured(corpus, "processed"):
        for member in found["sets"]["retry"]:
            theirs = json.loads(member["member"])
            before = {key: value for key, value in theirs.items() if key not in FAILURE}
            if theirs["retry_count"]:
                before |= {"retry_count": theirs["retry_count"] - 1, "failed_at": theirs["failed_at"]}
            error = type(theirs["error_class"], (Exception,), {})(theirs["error_message"])
            ours = dict(fail(Job(before), theirs["queue"], error, 1795317800.5, 0).job.fields)
            assert set(theirs) - {"error_backtrace"} == set(ours), name
            for time in ("failed_at", "retried_at"):
                assert type(ours.pop(time, None)) is type(theirs.pop(time, None)), name
            theirs.pop("error_backtrace", None)
            assert ours == theirs, name
            compared += 1
    assert compared >= 10


def test_what_we_push_has_the_fields_of_sidekiqs_client(corpus: Path) -> None:
    for name, found in captured(corpus, "enqueued"):
        milliseconds = name.startswith("sidekiq-8")
        ours = new("MailJob", ["c@example.com"], "mailers", "0" * 24, 1795317599.887, milliseconds=milliseconds).fields
        theirs = next(job for job in map(json.loads, found["queues"]["mailers"]) if job["args"] == ["c@example.com"])
        assert set(ours) == set(theirs), name
        assert {key: type(value) for key, value in ours.items()} == {key: type(value) for key, value in theirs.items()}
        assert len(theirs["jid"]) == 24


def test_published_odd_payloads(corpus: Path) -> None:
    folder = corpus / "03_sidekiq_payloads" / "published"
    for line in (folder / "production_log_2025.jsonl").read_text().splitlines():
        assert meant(parse(json.dumps(json.loads(line)["job"]).encode()))[1] == []
    for entry in json.loads((folder / "wiki_job_format_generations.json").read_text()):
        found = parse(json.dumps(entry["job"]).encode())
        assert fail(found, "q", ValueError("x"), 1795317800.5, 0).fate in Fate
        if "wrapped" in entry["job"]:
            assert meant(found) == ("SomeWorker", ["some", ["argument", "value"]])
