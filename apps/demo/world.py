"""Who lives in the demo world and what they sign. Made from a seed, so that every start meets the same people.

All hosts stand under the domains that RFC 2606 reserves, so no mail can leave for a real mailbox. Pure; any thread.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from faker import Faker

SITE = "https://petitions.example"

#: RFC 2606: nobody can ever register these.
DOMAINS = ("example.org", "example.com", "example.net", "post.example", "mail.example", "brief.example")

#: One person in so many wants no news of petitions; that is for the preferences to show.
NO_UPDATES_ONE_IN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where some of the people come from: the tag they read in, the Faker locale of their names, their clock."""

    locale: str
    names: str
    time_zone: str


#: The languages of our catalogues in their regions, and some that have to fall back.
PLACES = (
    Place("en-GB", "en_GB", "Europe/London"),
    Place("en-US", "en_US", "America/Chicago"),
    Place("es-ES", "es_ES", "Europe/Madrid"),
    Place("es-MX", "es_MX", "America/Mexico_City"),
    Place("pt-BR", "pt_BR", "America/Sao_Paulo"),
    Place("fr-FR", "fr_FR", "Europe/Paris"),
    Place("fr-CA", "fr_CA", "America/Toronto"),
    Place("de-DE", "de_DE", "Europe/Berlin"),
    Place("it-IT", "it_IT", "Europe/Rome"),
    Place("pl-PL", "pl_PL", "Europe/Warsaw"),
    Place("ru-RU", "ru_RU", "Asia/Novosibirsk"),
    Place("tr-TR", "tr_TR", "Europe/Istanbul"),
    Place("ar-EG", "ar_SA", "Africa/Cairo"),
    Place("hi-IN", "hi_IN", "Asia/Kolkata"),
    Place("ja-JP", "ja_JP", "Asia/Tokyo"),
    Place("ko-KR", "ko_KR", "Asia/Seoul"),
    Place("nl-NL", "nl_NL", "Europe/Amsterdam"),
    Place("zh-Hant-TW", "zh_TW", "Asia/Taipei"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """An inhabitant."""

    id: str
    name: str
    address: str
    locale: str
    time_zone: str
    wants_updates: bool

    @property
    def language(self) -> str:
        return self.locale.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Petition:
    """What they sign, in the language of whoever started it. `news` are the starter's words, one after the other."""

    slug: str
    language: str
    title: str
    news: tuple[str, ...]

    @property
    def link(self) -> str:
        return f"{SITE}/p/{self.slug}"


PETITIONS = (
    Petition(
        "mill-lane-trees", "en", "Plant street trees along Mill Lane",
        ("The council has put us on its agenda for Thursday.", "Eleven shops on the lane now carry our poster."),
    ),
    Petition(
        "harbour-night-bus", "en", "Keep the night bus to the harbour",
        ("The operator has asked to meet us.", "Nurses of the night shift counted the passengers: 140 on one weekend."),
    ),
    Petition(
        "plaza-del-molino", "es", "Un parque sin coches en la Plaza del Molino",
        ("Ya tenemos los planos de la nueva plaza.", "El sábado pintamos juntos los bancos: ¡traed pinceles!"),
    ),
    Petition(
        "agua-na-escola", "pt", "Água potável na escola do Morro Azul",
        ("A prefeitura prometeu uma visita técnica.", "As mães da turma da manhã já recolheram cem assinaturas."),
    ),
    Petition(
        "bibliotheque-du-quai", "fr", "Sauvons la bibliothèque du quai",
        ("Le conseil nous écoutera mardi à 18 h.", "Trois libraires du quartier se joignent à nous."),
    ),
    Petition(
        "radweg-zur-waldschule", "de", "Ein sicherer Radweg zur Waldschule",
        ("Die Gemeinde lässt jetzt den Verkehr zählen.", "Am Freitag fahren wir den Weg gemeinsam ab."),
    ),
    Petition(
        "hadiqat-al-hayy", "ar", "أنقذوا حديقة الحي",
        ("وافقت البلدية على لقائنا يوم الأحد.", "زرعنا هذا الأسبوع عشرين شجرة."),
    ),
    Petition(
        "gaon-ka-pustakalay", "hi", "गाँव का पुस्तकालय बचाइए",
        ("पंचायत ने हमारी बात सुनने का समय दिया है।", "बच्चों ने अपने हाथ से पोस्टर बनाए हैं।"),
    ),
    Petition(
        "kawazoi-no-sakura", "ja", "川沿いの桜並木を残してください",
        ("市の担当者と来週お会いします。", "地元の小学生が木の地図を作ってくれました。"),
    ),
)  # fmt: skip


def people(count: int, seed: int) -> Iterator[Person]:
    """`count` people, the places in turn. Names and mailboxes depend on the release of Faker as well as on the seed."""
    for number in range(count):
        yield _person(number, seed, PLACES[number % len(PLACES)])


def petitions_for(person: Person) -> list[Petition]:
    """What a person can read: the petitions in their language, and those in English."""
    return [petition for petition in PETITIONS if petition.language in (person.language, "en")]


def signed_by(person: Person) -> list[Petition]:
    """What a person had signed before the world began: always the same, one or two that they can read."""
    rng = random.Random(f"{person.id} signed")
    readable = petitions_for(person)
    return rng.sample(readable, min(len(readable), rng.choice((1, 1, 2))))


def _person(number: int, seed: int, place: Place) -> Person:
    key = f"{seed}/{number}"
    faker = _faker(place.names)
    faker.seed_instance(key)
    rng = random.Random(key)
    # The number keeps namesakes apart.
    address = f"{faker.user_name()}.{number}@{rng.choice(DOMAINS)}"
    return Person(
        id=f"demo-{seed}-{number}",
        name=faker.name(),
        address=address,
        locale=place.locale,
        time_zone=place.time_zone,
        wants_updates=rng.randrange(NO_UPDATES_ONE_IN) != 0,
    )


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)
