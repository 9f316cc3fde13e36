"""`rookery email preview` and `rookery email lint`: on the configured templates, whether or not a root runs.

The command's own process; light to import.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supervision.cli import config_option, default_config, set_option
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table

if TYPE_CHECKING:
    from apps.email.config import Email


@click.command()
@click.argument("template")
@click.option("--locale", metavar="TAG", help="BCP 47, like ja or pt-BR. [default: that of the templates]")
@click.option("--data", "file", type=click.File(encoding="utf-8"), help="JSON file with the event's data.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write an .eml file.")
@config_option
@set_option
@json_option
@home_option
def preview(
    template: str,
    locale: str | None,
    file: Any,
    output: Path | None,
    config_path: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
    home: Path,
) -> None:
    """Show TEMPLATE as a reader would get it; with its own sample data unless --data says other."""
    from apps.email.enclosures import ATTACHMENTS, INLINE, names
    from apps.email.proof import preview as proof
    from apps.email.templates import open_templates

    config = _config(config_path, home, assignments)
    templates = open_templates(config)
    sample = proof.sample(templates, template, _object(file))
    rendered = proof.preview(templates, template, locale, sample)
    enclosed = rendered.enclosures
    files = {INLINE: names(enclosed.inline), ATTACHMENTS: names(enclosed.attachments)}
    if output is not None:
        output.write_bytes(proof.eml(rendered, config, sample, time.time()))
        click.echo(f"{output}: {rendered.locale}, {rendered.subject}")
    elif as_json:
        parts = {"subject": rendered.subject, "text": rendered.text, "html": rendered.html}
        print_json({"template": template, "locale": rendered.locale, "fallbacks": rendered.fallbacks, **parts, **files})
    else:
        click.echo(f"Subject: {rendered.subject}\n\n{rendered.text}")
        for kind, found in files.items():
            click.echo("".join(f"{kind}/{name}\n" for name in found), nl=False)


@click.command()
@click.argument("template", required=False)
@click.option("--strict", is_flag=True, help="Warnings count like errors.")
@config_option
@set_option
@json_option
@home_option
def lint(
    template: str | None,
    strict: bool,
    config_path: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
    home: Path,
) -> None:
    """Say what is wrong with TEMPLATE, or with all; exit code 1 if there is an error."""
    from dataclasses import asdict

    from apps.email.proof.lint import lint as examine
    from apps.email.templates import open_templates

    config = _config(config_path, home, assignments)
    findings = examine(open_templates(config), config, [template] if template else ())
    rows = [asdict(finding) for finding in findings]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        click.echo("nothing to say")
    if any(strict or finding.severity == "error" for finding in findings):
        raise SystemExit(1)


def _config(config_path: Path | None, home: Path, assignments: tuple[str, ...]) -> "Email":
    from supervision import config

    email: Email = config.load(config_path or default_config(), home, assignments).section("email")
    return email


def _object(file: Any) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        value = json.load(file)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--data") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must hold a JSON object", param_hint="--data")
    return value
