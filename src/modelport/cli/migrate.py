"""`modelport migrate`: programs of the Azure ML SDK v1 come over."""

from __future__ import annotations

import click

from modelport.cli.doors import DoorGroup
from modelport.cli.migrate_install import install, status, uninstall
from modelport.cli.migrate_scan import scan, show


@click.group(
    cls=DoorGroup,
    examples=["modelport migrate scan .", "modelport migrate show Model.deploy", "modelport migrate install"],
)
def migrate() -> None:
    """Bring programs of the Azure ML SDK v1 over."""


migrate.add_command(scan)
migrate.add_command(show)
migrate.add_command(install)
migrate.add_command(uninstall)
migrate.add_command(status)
