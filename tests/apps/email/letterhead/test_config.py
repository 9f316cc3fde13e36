import pytest
from pydantic import ValidationError

from apps.email.letterhead.config import LetterheadConfig


@pytest.mark.parametrize(
    "url", ["", "https://mail.example.org", "https://example.org/rookery/", "http://127.0.0.1:8080"]
)
def test_urls_that_people_can_use(url: str) -> None:
    assert LetterheadConfig(public_url=url).public_url == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://mail.example.org", "ftp://x", "example.org", "https://x?y=1", "https://"])
def test_urls_that_mail_programs_do_not_use(url: str) -> None:
    with pytest.raises(ValidationError, match="must be"):
        LetterheadConfig(public_url=url)


def test_a_secret_that_can_be_guessed_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValidationError, match="could be guessed") as caught:
        LetterheadConfig.model_validate({"secret": "sesame"})
    assert "sesame" not in str(caught.value)
