import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.web import token
from actors.web.errors import WeakToken

NOW = 1_800_000_000.0


def test_the_first_load_makes_a_token_that_only_its_owner_can_read(tmp_path: Path) -> None:
    home = tmp_path / "new"
    made = token.load(home)
    assert len(made) >= 32
    assert token.load(home) == made
    assert stat.S_IMODE((home / "token").stat().st_mode) == 0o600
    assert os.listdir(home) == ["token"]


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOKERY_TOKEN", " a-token-from-outside ")
    assert token.load(tmp_path) == "a-token-from-outside"
    assert not (tmp_path / "token").exists()


def test_an_empty_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(WeakToken, match="has 0 characters"):
        token.load(tmp_path)


def test_a_short_token_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOKERY_TOKEN", "hunter2")
    with pytest.raises(WeakToken, match="ROOKERY_TOKEN"):
        token.load(tmp_path)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [("Bearer s3cret", True), ("bearer  s3cret ", True), ("Basic s3cret", False), ("Bearer s3cre", False), ("", False)],
)
def test_bearer(header: str, accepted: bool) -> None:
    assert token.bearer_matches("s3cret", header) is accepted


def test_a_session_proves_the_token_until_it_expires() -> None:
    value = token.session("s3cret", NOW)
    assert token.session_matches("s3cret", value, NOW)
    assert token.session_matches("s3cret", value, NOW + token.SESSION_SECONDS - 1)
    assert not token.session_matches("s3cret", value, NOW + token.SESSION_SECONDS)
    assert not token.session_matches("another", value, NOW)


def test_a_session_cannot_be_prolonged() -> None:
    expires, _, signature = token.session("s3cret", NOW).partition(".")
    assert not token.session_matches("s3cret", f"{int(expires) + 1}.{signature}", NOW)


@given(st.text())
def test_no_other_text_is_a_session(value: str) -> None:
    assert not token.session_matches("s3cret", value, NOW)


def test_a_session_does_not_tell_the_token() -> None:
    assert "s3cret" not in token.session("s3cret", NOW)
