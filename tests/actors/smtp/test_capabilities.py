from actors.smtp.capabilities import Capabilities, read_capabilities
from actors.smtp.replies import Reply


def test_keywords_and_parameters_are_read_in_any_case() -> None:
    offered = read_capabilities(
        Reply(250, None, ("mail says hello", "pipelining", "SIZE 1000", "Auth plain LOGIN", "AUTH=LOGIN", ""))
    )
    assert offered.pipelining
    assert offered.auth == {"PLAIN", "LOGIN"}
    assert offered.keywords == {"PIPELINING", "SIZE", "AUTH"}
    assert offered.extensions["SIZE"] == ("1000",)


def test_the_greeting_is_no_capability() -> None:
    assert not read_capabilities(Reply(250, None, ("PIPELINING",))).pipelining


def test_after_helo_there_is_nothing() -> None:
    assert not Capabilities().keywords
    assert "SIZE" not in Capabilities()
