"""Over HTTP, as a mail program and as a browser without JavaScript do it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.email.letterhead.links import Stands
from apps.people.consent import Channel, Said, history
from tests.apps.email.choices.serving import Pages, pages

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
UPDATES = Stands(person="ada", topic="petition_updates", locale="fr")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path) as served:
        served.know("ada", "ada@example.org", "de")
        yield served


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_link_never_unsubscribes(method: str, here: Pages) -> None:
    response = here.served.client.request(method, f"/public/unsubscribe/{here.token(UPDATES)}")
    assert response.status_code == 200
    assert here.said("ada") == {}


@pytest.mark.parametrize("body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}])
def test_one_click_needs_no_cookie_and_redirects_nowhere(body: dict[str, object], here: Pages) -> None:
    url = f"/public/unsubscribe/{here.token(UPDATES)}"
    for _ in range(2):  # programs try again
        response = here.served.client.post(url, follow_redirects=False, **body)  # type: ignore[arg-type]
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
    assert here.said("ada") == {"petition_updates": False}


def test_an_address_without_a_profile_is_suppressed_for_bulk_mail_only(here: Pages) -> None:
    token = here.token(Stands(address="eve@example.org", topic="petition_updates"))
    assert here.served.client.post(f"/public/unsubscribe/{token}").status_code == 200
    (entry,) = here.suppressions("eve@example.org")
    assert (entry.reason, entry.scope, entry.evidence) == ("unsubscribe", "bulk", {"via": "link"})
    assert here.served.client.post(f"/public/preferences/{token}", data={"wanted": "bulk"}).status_code == 200
    assert here.suppressions("eve@example.org") == []


def test_what_a_link_was_used_for_is_in_the_ledger_of_consents(here: Pages) -> None:
    here.served.client.post(f"/public/unsubscribe/{here.token(UPDATES)}")
    stranger = here.token(Stands(address="eve@example.org"))
    here.served.client.post(f"/public/unsubscribe/{stranger}")
    here.served.client.post(f"/public/preferences/{stranger}", data={"wanted": "bulk"})
    with here.database.read() as conn:
        lines = [*history(conn, Channel.EMAIL, "ada@example.org"), *history(conn, Channel.EMAIL, "eve@example.org")]
    assert [(line.scope, line.state) for line in lines] == [
        ("petition_updates", Said.REVOKED),
        ("all", Said.REVOKED),
        ("all", Said.GRANTED),
    ]
    assert {line.evidence["via"] for line in lines} == {"link"}


def test_somebody_who_was_forgotten_meanwhile_is_told_that_it_is_done(here: Pages) -> None:
    response = here.served.client.post(f"/public/unsubscribe/{here.token(Stands(person='gone', topic='news'))}")
    assert (response.status_code, "unsubscribed" in response.text) == (200, True)


@pytest.mark.parametrize("path", ["unsubscribe", "preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("damage", [lambda token: token[:-1], lambda token: "x" + token, lambda token: "%00"])
def test_a_link_that_is_not_ours_does_nothing(path, method, damage, here: Pages) -> None:
    response = here.served.client.request(method, f"/public/{path}/{damage(here.token(UPDATES))}")
    assert response.status_code == 404
    assert "not valid" in response.text
    assert here.said("ada") == {}


def test_choices_are_kept_topic_by_topic_and_nothing_else_can_be_chosen(here: Pages) -> None:
    url = f"/public/preferences/{here.token(UPDATES)}"
    assert here.served.client.get(url).text.count("checked") == 2
    saved = here.served.client.post(url, data={"wanted": ["bulk", "transactional", "made_up"]})
    assert 'role="status"' in saved.text
    assert here.said("ada") == {"bulk": True, "petition_updates": False}
    here.served.client.post(url, data={"wanted": ["petition_updates"]})
    assert here.said("ada") == {"bulk": False, "petition_updates": True}


@pytest.mark.parametrize(
    ("stands", "browser", "lang", "words"),
    [
        (UPDATES, "en", "de", "Abbestellen"),  # the person's
        (Stands(address="eve@example.org", locale="ar"), "de", "ar", "إلغاء الاشتراك"),  # the mail's
        (Stands(address="eve@example.org"), "xx, pt-BR;q=0.9, de", "pt-BR", "Cancelar inscrição"),  # the browser's
        (Stands(address="eve@example.org", locale="en"), "de", "en", "Unsubscribe"),
        (Stands(address="eve@example.org", locale="sw"), "", "en", "Unsubscribe"),
    ],
)
def test_the_page_speaks_the_persons_language(stands: Stands, browser: str, lang: str, words: str, here: Pages) -> None:
    url = f"/public/unsubscribe/{here.token(stands)}"
    text = here.served.client.get(url, headers={"Accept-Language": browser}).text
    assert f'lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"' in text
    assert words in text


def test_a_topic_is_shown_and_is_not_trusted_to_be_html(here: Pages) -> None:
    token = here.token(Stands(person="ada", topic="<script>alert(1)</script>"))
    for path in ("unsubscribe", "preferences"):
        response = here.served.client.get(f"/public/{path}/{token}")
        assert "<script" not in response.text and "&lt;script&gt;" in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "same-origin"


def test_people_elsewhere_reach_the_pages_and_nothing_more(here: Pages) -> None:
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    token = here.token(UPDATES)
    assert here.served.client.post(f"/public/unsubscribe/{token}", headers=elsewhere).status_code == 200
    assert here.served.client.get("/metrics", headers=elsewhere).status_code == 401
    assert here.served.client.get("/public/../metrics", headers=elsewhere).status_code == 401
