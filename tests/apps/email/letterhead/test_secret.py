from pathlib import Path

from pydantic import SecretStr

from apps.email.letterhead import secret
from apps.email.letterhead.config import LetterheadConfig


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = secret.load(LetterheadConfig(), home)
    assert len(first) >= 32
    assert secret.load(LetterheadConfig(), home) == first
    assert (home / secret.FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == [secret.FILE]


def test_a_configured_secret_leaves_the_home_alone(tmp_path: Path) -> None:
    config = LetterheadConfig(secret=SecretStr("0123456789abcdef"))
    assert secret.load(config, tmp_path / "home") == b"0123456789abcdef"
    assert not (tmp_path / "home").exists()
