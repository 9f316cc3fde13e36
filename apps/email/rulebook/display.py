"""Answers about rules for a terminal. What others wrote is shown as plain text, never as markup."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import yaml
from rich.text import Text
from rich.tree import Tree

from supervision.terminal import console, print_table, printable

Row = Mapping[str, Any]
SHADOW_COLUMNS = ("rule", "beside", "send", "same", "different", "alone", "subject", "text", "html")
COLUMNS = ("name", "event", "template", "class", "to", "share", "shadow", "from", "changed_by", "changed_at")


def print_rules(rules: Sequence[Row]) -> None:
    """The table; below it what is wrong with rules that would not do any more."""
    print_table([name.replace("_", " ") for name in COLUMNS], _cells(rules, COLUMNS))
    for rule in rules:
        if rule.get("error"):
            console().print(_text(f"{rule['name']} holds up all decisions: {rule['error']}"), style="red")


def print_rule(rule: Row) -> None:
    root = Tree(_text(f"{rule['name']}  from {rule['from']}"))
    for line in yaml.safe_dump(dict(rule["rule"]), sort_keys=False, allow_unicode=True).splitlines():
        root.add(_text(line)) if not line.startswith((" ", "-")) else root.children[-1].add(_text(line.strip()))
    if rule["versions"]:
        versions = root.add("versions")
        for one in rule["versions"]:
            what = "removed" if one["rule"] is None else one["note"] or "changed"
            versions.add(_text(f"{one['version']}  {one['changed_at'][:19]}  {one['changed_by']}: {what}"))
    console().print(root)


def print_shadows(lines: Sequence[Row]) -> None:
    """Counts per pair of rules, and below them one difference of each."""
    print_table(SHADOW_COLUMNS, _cells(lines, SHADOW_COLUMNS))
    for line in lines:
        if example := line["example"]:
            what = f"mail {example['key']}" if line["send"] is None else f"send {line['send']}"
            about = f"{line['rule']} beside {line['beside']}, {what} to {example['person']}:"
            for text in ("", about, *example["diff"].expandtabs().splitlines()):
                console().print(_text(text))


def print_test(answer: Row) -> None:
    """Rules that pass, then one branch per mail, with every step of its decision."""
    root = Tree(_text(f"event {answer['event']}: rules {', '.join(answer['rules']) or 'none'}"))
    if answer["refused"]:
        root.add(_text(f"refused: {answer['refused']}"))
    for name, why in answer["passed"].items():
        root.add(_text(f"{name}: does not apply, {why}"))
    for send in answer.get("sends", ()):
        people = send.get("reason") or f"{send['people']} people now"
        root.add(_text(f"{send['rule']}: a send to the audience {send['audience']}, {people}"))
    for mail in answer["mails"]:
        why = f"  {mail['reason']}" if mail["reason"] else ""
        branch = root.add(_text(f"{mail['rule']}: {mail['address']}  {mail['verdict']}{why}"))
        for step in mail["steps"]:
            facts = ", ".join(f"{name}={value}" for name, value in step.items() if name != "step")
            branch.add(_text(f"{step.get('step', '')}: {facts}"))
    console().print(root)


def print_replay(answer: Row) -> None:
    counted = ", ".join(f"{answer[kind]} {kind}" for kind in ("same", "new", "gone", "changed", "refused"))
    click.echo(f"{answer['events']} events; mails: {counted}")
    if answer["differences"]:
        columns = ("kind", "event", "rule", "person", "what")
        print_table(columns, _cells(answer["differences"], columns))


def _cells(rows: Sequence[Row], columns: Sequence[str]) -> list[list[str]]:
    return [[_cell(name, row.get(name)) for name in columns] for row in rows]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return str(value)[:19].replace("T", " ") if name.endswith("_at") else str(value)


def _text(value: str) -> Text:
    return Text(printable(value))
