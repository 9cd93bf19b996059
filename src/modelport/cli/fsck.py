"""`modelport fsck`: is everything that was registered still there and undamaged?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelport.cli.doors import Door, session_of
from modelport.units import human_size

if TYPE_CHECKING:
    from modelport.registry.fsck import FsckReport


@click.command(cls=Door, examples=["modelport fsck", "modelport fsck --repair --workspace research"])
@click.option("--repair", is_flag=True, help="Remove leftovers of interrupted work; nothing else is touched.")
@click.pass_context
def fsck(context: click.Context, repair: bool) -> None:
    """Read every stored file of the workspace again and compare it with the catalogue.

    The exit code is 0 if all is sound, 1 if something is missing or damaged.
    """
    session = session_of(context)
    workspace = session.workspace
    with session.output.working(f"Reading the files of workspace '{workspace.name}' …"):
        report = workspace.fsck(repair=repair)
    if session.output.as_json:
        session.output.record(report.to_dict())
    else:
        session.output.text("\n".join(lines_of(report)))
    context.exit(0 if report.is_sound else 1)


def lines_of(report: FsckReport) -> list[str]:
    """What a check found, in lines."""
    lines = [f"{report.contents} stored files, {human_size(report.size_bytes)}."]
    for word, affected in (("missing", report.missing), ("damaged", report.damaged)):
        lines += [f"{word}: {entry.digest}, needed by {', '.join(entry.used_by)}" for entry in affected]
    lines += [f"catalogue: {problem}" for problem in report.catalogue_problems]
    if report.busy:
        lines.append("Somebody was writing, so leftovers were not looked for; run it again later.")
    leftovers = len(report.orphans) + len(report.unfinished) + len(report.abandoned)
    if report.collected:
        lines.append(f"{len(report.collected)} leftovers removed.")
    elif leftovers:
        lines.append(f"{leftovers} leftovers, which do no harm; remove them with: modelport fsck --repair")
    if report.is_sound:
        return [*lines, "Everything that is registered is there and undamaged."]
    return [*lines, "Restore the files from a backup, or delete the models and register them again."]
