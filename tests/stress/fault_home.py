"""A home with something in it to lose, and the questions that it is asked after each fault."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.stress.fault_points import Program

from modelport.errors import ModelportError
from modelport.registry.model import ModelQuery, Registration
from modelport.services.manager import ServiceManager
from modelport.services.request import ScriptRequest, ServiceRequest
from modelport.services.store import ServicePlaces, ServiceStore, registered
from modelport.settings import read_settings
from modelport.workspace import Home, OpenWorkspace

WORKSPACE = "default"
BYSTANDER = "bystander"
SUBJECT = "subject"
_PATIENCE_SECONDS = 10.0
_SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return {answer!r}\n"


@dataclass(frozen=True)
class FaultHome:
    """A workspace with two versions of the model `keep`, of which the service `bystander` serves the first: neither may
    ever notice anything."""

    home: Path
    runtime: Path
    work: Path

    @property
    def workspace(self) -> OpenWorkspace:
        """The workspace, opened anew, as the next program would."""
        return Home(read_settings({**os.environ, **self.environ})).get(WORKSPACE)

    @property
    def environ(self) -> dict[str, str]:
        """What points a program to this home."""
        return {"MODELPORT_HOME": str(self.home), "MODELPORT_RUNTIME_DIR": str(self.runtime)}

    @property
    def services(self) -> ServiceManager:
        """The services of the workspace."""
        return self.workspace.services

    def program(self, *words: str, starts_server: bool = False) -> Program:
        """A command of Modelport on this home."""
        return Program(words, self.environ, self.work, starts_server)

    def furnish(self) -> None:
        """Make what must not be lost."""
        (self.work / "keep.bin").write_bytes(b"keep me")
        for answer in ("one", "two"):
            (self.work / f"{answer}.py").write_text(_SCRIPT.format(answer=answer))
        workspace = Home(read_settings({**os.environ, **self.environ})).create(WORKSPACE)
        for name in ("keep", "keep", "fresh"):  # the first version of a name makes more calls than those that follow
            workspace.models.register(self.work / "keep.bin", Registration(name))
        self._deploy(BYSTANDER)

    def _deploy(self, name: str) -> None:
        request = ServiceRequest(name, script=ScriptRequest(str(self.work / "one.py")), models=("keep:1",))
        self.services.deploy(request)
        self.services.wait(name)

    def deploy_subject(self) -> None:
        """Deploy the service that the fault is for."""
        self._deploy(SUBJECT)

    def is_interrupted(self) -> bool:
        """Whether there is no subject, or one whose deployment was cut off before there was a server."""
        names = self.services.names()
        return SUBJECT not in names or self.services.get(SUBJECT).status.reason == "DeployInterrupted"

    def answer(self) -> str:
        """What the subject answers, once whatever it was told last has ended; or why it does not."""
        try:
            self.services.wait(SUBJECT)
            return str(json.loads(self.services.run(SUBJECT, b"{}").body))
        except ModelportError as error:
            return f"no answer: {error}"

    def clear(self) -> None:
        """Take the subject away, if it is there."""
        if SUBJECT in self.services.names():
            self.services.delete(SUBJECT)

    # -- questions -------------------------------------------------------------------------------------------------

    def damage(self) -> list[str]:
        """Whatever is wrong after a fault and a repair: empty if nothing was lost and nothing is left over."""
        workspace = self.workspace
        found = [] if workspace.fsck().is_sound else [f"fsck: {workspace.fsck().to_dict()}"]
        workspace.fsck(repair=True)
        after = workspace.fsck(repair=True)
        if after.collected or after.orphans or after.unfinished:
            found.append(f"left over after a repair: {after.to_dict()}")
        return [
            *found, *self._models(workspace), *self._bystander(workspace), *self._strangers(workspace),
            *self._records(workspace),
        ]  # fmt: skip

    def _records(self, workspace: OpenWorkspace) -> list[str]:
        """Services whose record, after one look at them, is not what runs."""
        places = ServicePlaces(workspace.directory / "services", workspace.directory / "archive", self.runtime)
        store = ServiceStore(workspace.database, places)
        found = []
        for service in workspace.services.list():
            record = store.get(service.name)
            if store.held(record) != registered(record.spec.models):
                found.append(f"'{service.name}' holds {sorted(store.held(record))}")
            if service.status.state == "running" and service.desired_replicas != service.spec.limits.workers:
                found.append(f"'{service.name}' is recorded with {service.desired_replicas} replicas")
        return found

    def _models(self, workspace: OpenWorkspace) -> list[str]:
        versions = sorted(model.version for model in workspace.models.find(ModelQuery(name="fresh")))
        gaps = [] if versions == list(range(1, len(versions) + 1)) else [f"versions of 'fresh': {versions}"]
        lost = [] if len(workspace.models.find(ModelQuery(name="keep"))) == 2 else ["model 'keep' is lost"]
        return gaps + lost

    def _bystander(self, workspace: OpenWorkspace) -> list[str]:
        try:
            answer = workspace.services.run(BYSTANDER, b"{}").body
        except ModelportError as error:
            return [f"the bystander does not answer: {error}"]
        return [] if json.loads(answer) == "one" else [f"the bystander answers {answer!r}"]

    def _strangers(self, workspace: OpenWorkspace) -> list[str]:
        """Folders and processes that belong to no service that is there."""
        known = {workspace.services.get(name).id for name in workspace.services.names()}
        folders = [path for place in (workspace.directory / "services", self.runtime) for path in place.glob("[!.]*")]
        found = [f"nobody's folder: {path}" for path in folders if path.is_dir() and path.name not in known]
        return [*found, *(f"nobody's process: {line}" for line in self._processes_without(known))]

    def _processes_without(self, known: set[str]) -> list[str]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while strangers := [line for line in self.processes() if not any(each in line for each in known)]:
            if time.monotonic() > deadline:
                return strangers
            time.sleep(0.05)
        return []

    def processes(self) -> list[str]:
        """The processes that run in or for this home, as `pid, words, working folder`."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                line = f"{entry.name} {line} {(entry / 'cwd').readlink()}"
            except OSError:
                continue
            if str(self.home / "workspaces") in line:
                found.append(line)
        return found
