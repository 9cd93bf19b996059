"""What is looked at instead of being done: a deployment up to its start, and how a service came to fail."""

from __future__ import annotations

from pathlib import Path

from modelport.errors import DeploymentError, at_step
from modelport.services import deploying, watching
from modelport.services.parts import Parts
from modelport.services.request import ServiceRequest
from modelport.services.resolving import resolve
from modelport.services.revision import Revision
from modelport.services.service import judge
from modelport.services.spec import MODELS_FOLDER, ModelPlacement, ServiceSpec
from modelport.services.status import DEPLOYING, RUNNING, STOPPED, STOPPING, UPDATING
from modelport.services.store import ServiceRecord
from modelport.services.target import Observation


def rehearse(parts: Parts, request: ServiceRequest) -> ServiceSpec:
    """Do what a deployment does before it makes anything: resolve, check, and get the environment where it is not that
    of an image. Raises what the deployment would raise."""
    with at_step("check"):
        spec = resolve(parts, request)
        deploying.check(parts, spec, 0)
    if not parts.builds(spec):
        with at_step("solve"):
            parts.realise(spec.environment, lambda _: None)
    return spec


def last_failure(parts: Parts, record: ServiceRecord, seen: Observation) -> DeploymentError | None:
    """Why a service, as it was seen, does not serve what was last asked of it; None if it does, is on its way, or is
    stopped."""
    status = judge(parts, record, seen)
    rollout = dict(seen.status.get("rollout") or {})
    if status.state in (DEPLOYING, UPDATING, STOPPING, STOPPED):
        return None
    if status.state == RUNNING and rollout.get("state") != "failed":
        return None
    return watching.failure(parts, record, seen, status)


def last_wish(record: ServiceRecord) -> ServiceSpec:
    """What was last asked of a service, whether it became that or not."""
    facts = Revision(record.directory, record.last_revision).facts()
    return facts[0] if facts else record.spec


def model_folder(parts: Parts, record: ServiceRecord | None, model: ModelPlacement, into: Path) -> Path:
    """The folder of a model's version as a service sees it: that of the last revision, else laid out below `into`."""
    if record is not None:
        app = Revision(record.directory, record.last_revision).app_directory
        laid_out = app / MODELS_FOLDER / model.name / str(model.version)
        if laid_out.is_dir():
            return laid_out
    if model.version:
        parts.models.place(parts.models.get(model.name, model.version), into)
        return into / model.name / str(model.version)
    target = into / model.name / "0"
    target.mkdir(parents=True)
    (target / Path(model.path).name).symlink_to(Path(model.path).absolute())
    return target
