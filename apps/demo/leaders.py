"""The leaders of the demo world and what is said between them and their members. Values only; any thread.

Their numbers, like those of their members, are of the ranges that are kept for films and examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Leader:
    """One of them.

    Attributes:
        answers: what members answer to each question of the sign-up, by its name; {name} is their own.
        words: keywords, what they are answered with, and the tag that they give.
        chatter: what members write of themselves.
        replies: what the leader writes back; `canned` are answers that are ready, by name.
        broadcasts: templates.
    """

    id: str
    name: str
    number: str
    locale: str
    time_zone: str
    sign_up: Mapping[str, Any]
    chatter: tuple[str, ...]
    replies: tuple[str, ...]
    broadcasts: tuple[str, ...]
    greeting: str = "Hi!"
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    canned: Mapping[str, str] = field(default_factory=dict)


LEADERS = (
    Leader(
        "juno", "Juno of the allotments", "+15555550111", "en-GB", "Europe/London",
        {
            "mode": "questions",
            "welcome": "Hello, this is {leader}! A text a week on what to sow. Reply STOP to leave, HELP for help.",
            "questions": [
                {"name": "name", "ask": "What shall I call you?"},
                {"name": "place", "ask": "Where is your garden?"},
                {
                    "name": "crop", "ask": "What do you love to grow? 1 beans, 2 tomatoes, 3 roses",
                    "kind": "choice", "choices": ["beans", "tomatoes", "roses"], "invalid": "Please answer 1, 2 or 3.",
                },
            ],
            "done": "Lovely to have you, {name}! More on Sunday.",
            "stopped": "You left the allotments and will get no more texts. Reply START to come back.",
            "contact": "Write to juno@allotments.example.",
        },
        chatter=(
            "The first beans are up!", "Slugs again. What do you do about them?", "Is it too late for garlic?",
            "My neighbour's hens ate the seedlings 🐔", "Thank you for the tip about the rhubarb",
            "Frost last night\u2026 everything is gone \u2013 again", "Could you say that again about the compost?",
        ),
        replies=(
            "Beer traps, and patience.", "Plant it today and it will forgive you.", "Send me a picture!",
        ),
        broadcasts=(
            "Hi {{ first_name }}, this week: sow broad beans, net the brassicas, drink tea.",
            "{{ first_name }}, open garden on Sunday at 2. Bring a cake if you can 🍰",
        ),
        greeting="Hello Juno, I saw your poster",
        answers={
            "name": ("{name}",), "place": ("Leeds", "Hackney", "Zürich", "São Paulo"), "crop": ("1", "2", "roses"),
        },
        words={"tip": ("This week: water in the morning, never at noon.", "tips")},
        canned={"thanks": "Thank you, {name}!", "sunday": "We open on Sunday at 2, {name}. Come round!"},
    ),
    Leader(
        "mateo", "Mateo corre", "+15555550112", "es-MX", "America/Mexico_City",
        {
            "mode": "questions",
            "welcome": "¡Hola! Soy {leader}. Un mensaje antes de cada carrera. Responde STOP para salir.",
            "questions": [
                {"name": "name", "ask": "¿Tu nombre?"},
                {
                    "name": "distance", "ask": "¿Cuantos km corres? 1: 5, 2: 10, 3: 21", "kind": "choice",
                    "choices": ["5", "10", "21"], "invalid": "Responde 1, 2 o 3.",
                },
            ],
            "done": "¡Listo, {name}! Nos vemos en la salida.",
            "stopped": "Ya no recibes mensajes de Mateo. Responde START para volver.",
            "contact": "mateo@corre.example",
        },
        chatter=(
            "¿A qué hora salimos el sábado?", "Hoy 10 km en 52 minutos 💪", "Me duele la rodilla, ¿descanso?",
            "¿Hay agua en el camino?", "Llevo a mi hermana, ¿puede correr con nosotros?",
        ),
        replies=("A las 7, en el parque.", "Descansa dos días y empieza despacio.", "¡Claro que sí!"),
        broadcasts=("{{ first_name }}, mañana a las 7 en el parque. Trae agua y una sonrisa 🏃",),
        greeting="Quiero correr",
        answers={"name": ("{name}",), "distance": ("1", "2", "21")},
        words={"ruta": ("La ruta: parque, río, plaza, parque.", "ruta")},
        canned={"animo": "¡Ánimo, {name}!"},
    ),
    Leader(
        "nightbus", "The night bus", "+15555550113", "en-US", "America/Chicago",
        {
            "welcome": "You are with {leader} to the harbour now. Reply STOP to leave, HELP for help.",
            "stopped": "You left the night bus and will get no more texts. Reply START to come back.",
            "contact": "Write to bus@harbour.example.",
        },
        chatter=(
            "Waited 40 minutes again", "The driver of the 1:15 is a gem", "Count me in for the petition",
            "هل تعمل الحافلة ليلة الجمعة؟", "Who do I write to at the council?", "We were 14 on the last one tonight",
        ),
        replies=("Write to the transport committee, they meet on Thursday.", "Noted, thank you. Every count helps."),
        broadcasts=("{{ first_name | default('Friend') }}, the council votes on Thursday at six. Come!",),
        greeting="Keep the bus!",
        words={"times": ("Night buses leave the harbour at 0:15, 1:15 and 2:45.", "riders")},
        canned={"council": "The council meets on Thursday at six, {name}."},
    ),
)  # fmt: skip
