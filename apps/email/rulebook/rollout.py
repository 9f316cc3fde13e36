"""Who is in while a rule is being introduced: a share of the people, and those on its list. Pure; any thread.

Each person has a place from 0 to 1 in each rule, worked out from both names alone. A share lets in all places below
it: raising it only adds people, and two rules do not favour the same ones.
"""

import hashlib
import json
from dataclasses import dataclass

from apps.email.rulebook.sections import Rollout


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a person is in, whether the mail is only rendered, and why."""

    admitted: bool
    shadow: bool
    why: str


def place(rule: str, person: str) -> float:
    """At least 0 and below 1."""
    digest = hashlib.sha256(json.dumps([rule, person]).encode()).digest()
    # 53 bits are what a float holds exactly, so it never rounds up to 1.
    return (int.from_bytes(digest[:8]) >> 11) / 2.0**53


def admit(rule: str, rollout: Rollout, person: str, address: str) -> Admission:
    """Who is on the list gets the mail, whatever the share, and for real."""
    if rollout.lists(person, address):
        return Admission(True, False, "on the list")
    at = place(rule, person)
    where = f"place {at:.4f}, share {rollout.share:g}"
    if at >= rollout.share:
        return Admission(False, False, f"outside of the share: {where}")
    return Admission(True, rollout.shadow, f"{'in the shadow' if rollout.shadow else 'in the share'}: {where}")
