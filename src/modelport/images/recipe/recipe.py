"""The text of a Dockerfile and the labels of an image (pure): same input, same text.

    base (and the user's steps) ── tools ──┬── server: virtual environment of the server, and Modelport itself
                                           ├── env: the user's virtual environment
                                           └── python: an interpreter copied from another base, if one is
    final: base, the folders of these stages, a layer for each model, the script, service.json and a shell's finder

Builder stages hold uv, certificates and the package index; of them the final stage gets folders alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from modelport.images.recipe.context import ContextFile, context_digest
from modelport.images.recipe.shell_hook import shell_hook
from modelport.images.recipe.user_python import PythonInImage, PythonPlan

APP = "/var/azureml-app"
MODELS = f"{APP}/azureml-models"
HOME = "/opt/modelport"
STATE = "/var/lib/modelport"
USER = 10001
PORT = 5001
BASE_STAGE = "modelport-base"
CONTEXT = "modelport"
"""The folder of the context where all files of ours lie, so that none can meet one of the user's."""

SERVER_PYTHON = f"{HOME}/server/bin/python"
# Isolated (-I): the working directory is the user's, and nothing in it may stand in for a module of the server.
ENTRY_POINT = (SERVER_PYTHON, "-I", "-m", "modelport.server.in_image")
HEALTH = (SERVER_PYTHON, "-I", "-m", "modelport.server.health")

_GROUNDWORK = (
    "set -eu; "
    f"mkdir -p {HOME} {MODELS} {STATE} /tmp /mnt; chmod 1777 /tmp; chown {USER}:{USER} {STATE}; "
    f"grep -q '^[^:]*:[^:]*:{USER}:' /etc/passwd || "
    f"echo 'modelport:x:{USER}:{USER}::/tmp:/bin/bash' >> /etc/passwd; "
    f"grep -q '^[^:]*:[^:]*:{USER}:' /etc/group || echo 'modelport:x:{USER}:' >> /etc/group; "
    "test -x /bin/bash"
)


# A copy leaves the time of the build in every folder that it touches, so that equal files would make another layer each
# time; one that sets these times too makes the same layer again, whatever was built anew below it.
_LAYER = (
    'set -eu; export TZ=UTC0; cp -Rp /mnt/. "$1"; cd /mnt; find . -type d -exec touch -t 198001010000 "$1"/{} \\;; '
    'while [ "$1" != / ]; do touch -t 198001010000 "$1"; set -- "$(dirname "$1")"; done'
)


# Engines lay their own over these two; where they are missing, BuildKit makes them for each RUN and takes them away
# again, which leaves the time in /etc.
_ETC = (
    ContextFile(f"{CONTEXT}/etc/hosts", b"127.0.0.1 localhost\n"),
    ContextFile(f"{CONTEXT}/etc/resolv.conf", b""),
)


@dataclass(frozen=True)
class Dialect:
    """What the builder understands: mounts in RUN (BuildKit, buildah), or plain copies alone (the classic builder)."""

    has_mounts: bool = True


@dataclass(frozen=True)
class ModelLayer:
    """One model as a layer: its name, version and files, their paths relative to the folder of the version."""

    name: str
    version: int
    files: tuple[ContextFile, ...] = ()

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"

    @property
    def folder(self) -> str:
        """Where its layer lies in the context."""
        return f"{CONTEXT}/models/{self.name}-{self.version}"


@dataclass(frozen=True)
class RecipeInput:
    """Everything that an image consists of.

    `base_text` is Dockerfile text that ends with the stage `modelport-base`; `files` are those for the builder stages,
    at their places in the context.
    """

    base_text: str
    pythons: PythonPlan
    models: tuple[ModelLayer, ...] = ()
    app: tuple[ContextFile, ...] = ()
    service_json: str = ""
    files: tuple[ContextFile, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """An image, written down: the Dockerfile, the files that it copies, its labels, and lines for the log.

    `host_files` are files of the machine that builds (certificates): in the context, but no part of what the image is.
    """

    dockerfile: str
    files: tuple[ContextFile, ...]
    labels: Mapping[str, str]
    notes: tuple[str, ...] = ()
    host_files: tuple[ContextFile, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of the context: whatever makes another image changes it."""
        return context_digest(self.dockerfile, self.files)


def make_recipe(given: RecipeInput, dialect: Dialect) -> Recipe:
    """The recipe of an image in the words of one builder."""
    stages = [
        given.base_text.rstrip() + "\n",
        _tools_stage(),
        *(_python_stage(python, dialect) for python in _brought(given.pythons)),
        _environment_stage("server", given.pythons.server, dialect),
    ]
    if given.pythons.user.how == "conda":
        stages.append(_conda_stage(given.pythons, dialect))
    elif given.pythons.user.how != "kept":
        stages.append(_environment_stage("env", given.pythons.user, dialect))
    stages.append(_final_stage(given, dialect))
    return Recipe("\n".join(stages), _files(given, dialect), dict(given.labels), given.pythons.notes)


def _brought(pythons: PythonPlan) -> list[PythonInImage]:
    """The Pythons that come from elsewhere, each once."""
    both = (pythons.server, pythons.user)
    return list({python.home: python for python in both if python.home}.values())


def _tools_stage() -> str:
    return _stage(f"FROM {BASE_STAGE} AS modelport-tools", ["USER 0", f"COPY {CONTEXT}/tools/ /modelport/tools/"])


def _python_stage(python: PythonInImage, dialect: Dialect) -> str:
    name = _stage_of(python)
    if python.how == "uv":
        words = ["/bin/sh", "/modelport/tools/get_python.sh", python.version.rpartition(".")[0], python.home]
        return _stage(f"FROM modelport-tools AS {name}", [f"RUN {_mounts(dialect)}{json.dumps(words)}"])
    words = [python.source_path, "/modelport/tools/copy_python.py", python.home]
    lines = ["USER 0", f"COPY {CONTEXT}/tools/copy_python.py /modelport/tools/", f"RUN {json.dumps(words)}"]
    return _stage(f"FROM {python.source} AS {name}", lines)


def _stage_of(python: PythonInImage) -> str:
    return f"modelport-{python.home.rpartition('/')[2]}"


def _environment_stage(name: str, python: PythonInImage, dialect: Dialect) -> str:
    lines = [f"COPY --from={_stage_of(python)} {python.home} {python.home}"] if python.home else []
    lines.append(f"COPY {CONTEXT}/{name}/ /modelport/{name}/")
    lines.append(f"RUN {_mounts(dialect)}{json.dumps(['/bin/sh', '/modelport/tools/install.sh', name, python.path])}")
    return _stage(f"FROM modelport-tools AS modelport-{name}", lines)


def _conda_stage(pythons: PythonPlan, dialect: Dialect) -> str:
    """The stage that installs from conda channels, with the help of the server's Python."""
    helper = pythons.server
    lines = [f"COPY --from={_stage_of(helper)} {helper.home} {helper.home}"] if helper.home else []
    lines += [f"COPY {CONTEXT}/{name}/ /modelport/{name}/" for name in ("rattler", "env")]
    words = ["/bin/sh", "/modelport/tools/conda.sh", "env", pythons.user.path, helper.path]
    return _stage("FROM modelport-tools AS modelport-env", [*lines, f"RUN {_mounts(dialect)}{json.dumps(words)}"])


def _mounts(dialect: Dialect) -> str:
    """What a step that fetches packages is lent: a cache, certificates and the package index of the machine."""
    if not dialect.has_mounts:
        return ""
    cache = "--mount=type=cache,id=modelport-uv,target=/modelport/cache"
    return f"{cache} --mount=type=secret,id=ca --mount=type=secret,id=index "


def _final_stage(given: RecipeInput, dialect: Dialect) -> str:
    pythons = _brought(given.pythons)
    copied = [(_stage_of(python), python.home) for python in pythons] + [("modelport-server", f"{HOME}/server")]
    if given.pythons.user.how != "kept":
        copied.append(("modelport-env", f"{HOME}/env"))
    lines = [
        "USER 0",
        *([f"COPY {CONTEXT}/etc/ /etc/"] if dialect.has_mounts else []),
        f"RUN {json.dumps(['/bin/sh', '-c', _GROUNDWORK])}",
        *(f"COPY --from={stage} {folder} {folder}" for stage, folder in copied),
        # The classic builder starts a container for each of these; above what changes it need not do so again.
        *([] if dialect.has_mounts else _settings(given)),
        *(_layer(model.folder, MODELS, dialect) for model in _sorted(given.models)),
        *([_layer(f"{CONTEXT}/app", APP, dialect)] if given.app else []),
        _layer(f"{CONTEXT}/service", HOME, dialect),
        *(_settings(given) if dialect.has_mounts else []),
        *_labels(given),
    ]
    return _stage(f"FROM {BASE_STAGE}", lines)


def _layer(source: str, target: str, dialect: Dialect) -> str:
    """A layer of files alone; equal files make an equal layer where the builder has mounts."""
    if not dialect.has_mounts:
        return f"COPY {source}/ {target}/"
    return f"RUN --mount=type=bind,source={source},target=/mnt {json.dumps(['/bin/sh', '-c', _LAYER, 'layer', target])}"


def _settings(given: RecipeInput) -> Iterable[str]:
    """How the image is started: no layer, so it changes nothing above."""
    path = f"{HOME}/env/bin:" if given.pythons.user.how != "kept" else ""
    variables = {"PATH": f"{path}$PATH", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 - the one writable folder
    # One instruction for many values: the classic builder starts a container for each.
    yield "ENV " + " ".join(f'{name}="{value}"' for name, value in variables.items())
    yield f"WORKDIR {APP}"
    yield f"USER {USER}:{USER}"
    yield f"EXPOSE {PORT}"
    yield f"HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --retries=3 CMD {json.dumps(HEALTH)}"
    yield "STOPSIGNAL SIGTERM"
    yield f"ENTRYPOINT {json.dumps(ENTRY_POINT)}"
    yield "CMD []"


def _labels(given: RecipeInput) -> list[str]:
    """What the image says of itself; other in every image, so it stands last."""
    labels = [f"{json.dumps(name)}={_quoted(value)}" for name, value in sorted(given.labels.items())]
    return ["LABEL " + " \\\n      ".join(labels)] if labels else []


def _quoted(value: str) -> str:
    """A value in the Dockerfile's own quotes: no variable is filled in, no line ends."""
    plain = value.replace("\n", " ").replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{plain}"'


def _stage(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines]) + "\n"


def _sorted(models: Iterable[ModelLayer]) -> list[ModelLayer]:
    return sorted(models, key=lambda model: (model.name, model.version))


def _files(given: RecipeInput, dialect: Dialect) -> tuple[ContextFile, ...]:
    placed = [*given.files, *(_ETC if dialect.has_mounts else ())]
    placed += [_below(f"{CONTEXT}/app", file) for file in given.app]
    for model in given.models:
        into = f"{model.folder}/{model.name}/{model.version}"
        placed += [_below(into, file) for file in model.files]
    placed.append(ContextFile(f"{CONTEXT}/service/service.json", given.service_json.encode()))
    if given.pythons.user.how != "kept":
        hook = shell_hook(HOME, given.pythons.server.version, given.pythons.user.version)
        placed.append(_below(f"{CONTEXT}/service", hook))
    return tuple(sorted(placed, key=lambda file: file.path))


def _below(folder: str, file: ContextFile) -> ContextFile:
    return ContextFile(f"{folder}/{file.path}", file.content, file.source, file.executable, file.known_sha256)
