"""From what a service needs to the recipe of its image: the one door to everything that makes a build context.

    planned = plan_image(request, Workbench(engine, options), report)
    digest = lay_out(planned, folder)              # the folder is the build context; planned.labels go with the build
    secrets = planned.secrets.write(private_folder)

Looking at bases and solving locks happens here; `recipe` and what stands below it are functions of their arguments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from modelport.environments.conda_solve import solve_conda
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.foreign_python import ForeignPython
from modelport.environments.lock import Lock
from modelport.environments.options import Report
from modelport.environments.solve import solve
from modelport.environments.specification import Dependency, IndexOptions
from modelport.environments.wish import Wish, wish_of
from modelport.images.engine import CONTEXT_DIGEST_LABEL
from modelport.images.recipe.conda_install import conda_files, rattler_requirement
from modelport.images.recipe.context import BuildSecrets, ContextFile, write_context
from modelport.images.recipe.installation import host_files, index_lines, installed_files, proxies
from modelport.images.recipe.planned_base import PlannedBase, Workbench, plan_base
from modelport.images.recipe.recipe import (
    APP,
    CONTEXT,
    HOME,
    MODELS,
    PORT,
    ModelLayer,
    Recipe,
    RecipeInput,
    make_recipe,
)
from modelport.images.recipe.runtime import ROOT, own_version, runtime_files, runtime_requirements
from modelport.images.recipe.tools import tool_files
from modelport.images.recipe.user_python import PythonInImage, PythonPlan
from modelport.manifest import Manifest, Places, Program


@dataclass(frozen=True)
class ImageRequest:
    """What an image is to be made of.

    `app` are the files of the working directory at their places below it (`context.files_below` gives them), and
    `entry_script` is the script's place there; `manifest` says everything else that the server is told: its program,
    address and places are filled in here. `steps` is Dockerfile text that is added to the base; `managed_by` is "uv" or
    "conda" where the user's Python is to come from there, "" for a Python of a base image.
    """

    manifest: Manifest
    environment: EnvironmentDefinition
    entry_script: str
    app: tuple[ContextFile, ...]
    models: tuple[ModelLayer, ...] = ()
    steps: str = ""
    managed_by: str = ""


@dataclass(frozen=True)
class PlannedImage:
    """An image that can be built: its recipe, what the build may use, its labels (with the digest of the context), the
    lock of the user's environment, and the path of the user's Python in the image."""

    recipe: Recipe
    secrets: BuildSecrets
    build_args: Mapping[str, str] = field(repr=False)
    labels: Mapping[str, str]
    lock: Lock
    python: str
    pythons: PythonPlan

    @property
    def digest(self) -> str:
        """The digest of the build context."""
        return self.labels[CONTEXT_DIGEST_LABEL]


def plan_image(request: ImageRequest, bench: Workbench, report: Report) -> PlannedImage:
    """Plan an image: find its base, choose its Pythons, solve its lock, write its recipe. Nothing is built.

    Raises `UserError`, `ResolutionError` and `EngineError` for what cannot be had.
    """
    wish = wish_of(_of_pypi(request))
    base = plan_base(request.environment, request.steps, bench, report, request.managed_by)
    pythons = base.pythons
    for note in (*wish.notes, *pythons.notes):
        report(note)
    install = _installation(request, base, wish, bench, report)
    lines = index_lines(wish.index, bench.options)
    certificate = bench.options.index.certificate_bundle
    secrets = BuildSecrets(Path(certificate) if certificate else None, lines)
    recipe = _recipe(request, base, install, bench, report)
    if not bench.dialect.has_mounts:
        recipe = replace(recipe, host_files=host_files(secrets))
        secrets = BuildSecrets()
    labels = {**recipe.labels, CONTEXT_DIGEST_LABEL: recipe.digest}
    python = pythons.user.path if pythons.user.how == "kept" else f"{HOME}/env/bin/python"
    return PlannedImage(recipe, secrets, proxies(bench.options.environ), labels, install.lock, python, pythons)


def lay_out(planned: PlannedImage, folder: Path) -> str:
    """Write the build context of a planned image into a new folder and return its digest.

    Raises `UserError` (`context-file-missing`) and `StorageError`.
    """
    write_context(folder, planned.recipe.dockerfile, (*planned.recipe.files, *planned.recipe.host_files))
    return planned.digest


def _of_pypi(request: ImageRequest) -> EnvironmentDefinition:
    """The environment as far as PyPI is asked for it: with conda as solver, its pip section alone."""
    return replace(request.environment, conda=()) if request.managed_by == "conda" else request.environment


@dataclass(frozen=True)
class _Installation:
    """The lock of the user's environment, and the files of the context that it is installed from."""

    lock: Lock
    files: tuple[ContextFile, ...] = ()


def _installation(
    request: ImageRequest, base: PlannedBase, wish: Wish, bench: Workbench, report: Report
) -> _Installation:
    pythons, options = base.pythons, bench.options
    python = _foreign(pythons.user, pythons, bench)
    if pythons.user.how == "kept":
        return _Installation(base.kept_lock)
    if pythons.user.how == "conda":
        solution = solve_conda(request.environment, python, options, report)
        python = replace(python, version=solution.python)
        helper = _foreign(pythons.server, pythons, bench)
        tool = solve(Wish((Dependency(rattler_requirement()),)), helper, options, report)
        files = [*conda_files(solution), *installed_files("rattler", tool, IndexOptions(), helper, options)]
        pip = installed_files("env", solution.pip, wish.index, python, options)
        return _Installation(solution.lock, (*files, *pip))
    lock = solve(wish, python, options, report)
    return _Installation(lock, installed_files("env", lock, wish.index, python, options))


def _foreign(python: PythonInImage, pythons: PythonPlan, bench: Workbench) -> ForeignPython:
    return ForeignPython(python.version, pythons.base.machine, pythons.base.libc, bench.options.serving_python)


def _recipe(
    request: ImageRequest, base: PlannedBase, install: _Installation, bench: Workbench, report: Report
) -> Recipe:
    pythons = base.pythons
    python = _foreign(pythons.server, pythons, bench)
    wish = Wish(tuple(Dependency(line) for line in runtime_requirements()))
    lock = solve(wish, python, bench.options, report)
    files = (
        *tool_files(pythons, bench.options),
        *installed_files("server", lock, wish.index, python, bench.options),
        *(ContextFile(f"{CONTEXT}/server/modelport/{path.as_posix()}", source=ROOT / path) for path in runtime_files()),
        *install.files,
    )
    given = RecipeInput(
        base.text, pythons, request.models, request.app, manifest_in_image(request, pythons).to_json(), files,
        _labels(request, base, install.lock),
    )  # fmt: skip
    return make_recipe(given, bench.dialect)


def manifest_in_image(request: ImageRequest, pythons: PythonPlan) -> Manifest:
    """The manifest that the image carries: the one asked for, with the places of an image.

    No version of a model is in it, so that a new one makes its own layer anew and not this file's: the server finds
    where a single model lies.
    """
    program = Program(
        python=pythons.user.path if pythons.user.how == "kept" else f"{HOME}/env/bin/python",
        app_directory=APP,
        entry_script=request.entry_script,
        model_directory=MODELS if request.models else "",
        environment_variables=dict(request.environment.environment_variables),
    )
    listen = replace(request.manifest.listen, host="0.0.0.0", port=PORT)  # noqa: S104 - in a container of its own
    return replace(request.manifest, program=program, listen=listen, places=Places(), exit_on_init_failure=True)


def _labels(request: ImageRequest, base: PlannedBase, lock: Lock) -> dict[str, str]:
    spec = {
        "manifest": asdict(manifest_in_image(request, base.pythons)),
        "models": [model.id for model in request.models],
        "environment": request.environment.digest,
        "base": base.pythons.base.identity,
        "steps": request.steps,
    }
    return {
        "org.opencontainers.image.title": request.manifest.service_name,
        "org.opencontainers.image.version": str(request.manifest.revision),
        "org.opencontainers.image.base.name": base.pythons.base.reference,
        "dev.modelport.version": own_version(),
        "dev.modelport.models": ",".join(model.id for model in request.models),
        "dev.modelport.lock-digest": lock.digest,
        "dev.modelport.spec-digest": hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest(),
    }
