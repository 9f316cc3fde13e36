import pytest

from actors.smtp.faults import is_address_fault
from actors.smtp.replies import parse
from actors.smtp.verdicts import Verdict, cannot_be_sent, judge, judge_refusals


def at_rcpt(line: bytes) -> Verdict:
    return judge_refusals("k", [("ada@example.org", parse((line,)))])


@pytest.mark.parametrize(
    "line",
    [
        b"550 5.1.1 no such user",
        b"550 5.1.2 no such domain",
        b"556 5.1.10 null MX",
        b"550 5.2.1 disabled",
        b"551 user not local",
        b"553 mailbox name not allowed",
    ],
)
def test_faults_of_the_address(line: bytes) -> None:
    assert is_address_fault(at_rcpt(line))


@pytest.mark.parametrize(
    "line",
    [
        b"550 5.7.1 blocked",
        b"550 5.7.26 not authenticated",
        b"554 5.1.8 bad sender",
        b"552 5.2.2 full",
        b"550 rejected",
        b"554 no",
        b"450 4.1.1 greylisted",
        b"551 5.7.1 not local, by policy",
    ],
)
def test_everything_else_is_not(line: bytes) -> None:
    assert not is_address_fault(at_rcpt(line))


def test_what_is_said_of_the_whole_mail_without_a_code_is_not() -> None:
    assert not is_address_fault(judge("k", parse((b"553 odd",))))
    assert not is_address_fault(judge("k", parse((b"250 2.1.5 fine",))))
    assert not is_address_fault(cannot_be_sent("k", "needs SMTPUTF8"))
