"""What one run of the command line knows: its options, its settings, its workspace, where it prints."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from modelport.errors import UserError, nearest

if TYPE_CHECKING:
    from modelport.cli.output import Output
    from modelport.settings import Settings
    from modelport.workspace import Home, OpenWorkspace

DEFAULT_WORKSPACE = "default"
FORMATS = ("table", "json")


class Session:
    """One run of the command line; each part is made when it is first asked for."""

    def __init__(self) -> None:
        self.workspace_name: str | None = None
        self.format: str | None = None
        self.verbose = False

    @cached_property
    def settings(self) -> Settings:
        """What the surroundings say."""
        from modelport.settings import read_settings

        return read_settings()

    @cached_property
    def output(self) -> Output:
        """Where answers and notes go. Raises `UserError` (`output-unknown`) for a format that does not exist."""
        from modelport.cli.output import Output

        chosen = self.format or self.settings.output
        if chosen not in FORMATS:
            raise UserError(
                "output-unknown",
                f"MODELPORT_OUTPUT is {chosen!r}, which is no output format. {nearest(chosen, FORMATS)}",
                "Set it to table or json, or use --output.",
            )
        return Output(as_json=chosen == "json", colour=not self.settings.environ.get("NO_COLOR"))

    @cached_property
    def home(self) -> Home:
        """The folder of all workspaces."""
        from modelport.workspace import Home

        return Home(self.settings)

    @cached_property
    def workspace(self) -> OpenWorkspace:
        """The workspace that was named, by --workspace, MODELPORT_WORKSPACE or a config.json; else `default`, which
        is made when it is first used."""
        name = self._named()
        if name is not None:
            return self.home.get(name)
        if DEFAULT_WORKSPACE in self.home.names():
            return self.home.get(DEFAULT_WORKSPACE)
        self.output.note(f"Creating the workspace '{DEFAULT_WORKSPACE}' in {self.settings.home}, as none is named.")
        return self.home.create(DEFAULT_WORKSPACE, exist_ok=True)

    @property
    def existing_workspace(self) -> OpenWorkspace | None:
        """The workspace as above, but None instead of one that is made."""
        name = self._named() or DEFAULT_WORKSPACE
        return self.home.get(name) if name in self.home.names() else None

    def _named(self) -> str | None:
        return self.workspace_name or self.settings.workspace or _configured_workspace()


def _configured_workspace() -> str | None:
    from modelport.settings import find_workspace_config, read_workspace_config

    found = find_workspace_config(Path.cwd(), "config.json")
    return None if found is None else read_workspace_config(found).workspace_name
