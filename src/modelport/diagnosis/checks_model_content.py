"""Checks of what model files hold (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelport.diagnosis.checks_models import name_of_models, refined
from modelport.diagnosis.facts import Facts, ModelFacts
from modelport.diagnosis.finding import Finding, Severity

_COMPRESSED = {
    b"\x1f\x8b": "gzip", b"x\x9c": "zlib", b"x\x01": "zlib", b"x\x5e": "zlib", b"x\xda": "zlib", b"BZh": "bz2",
    b"\xfd7zXZ": "xz", b"\x04\x22\x4d\x18": "lz4",
}  # fmt: skip
_CUT_OFF = ("truncated", "ran out of input", "unexpected end", "eof", "end-of-stream", "not long enough")
_LFS = b"version https://git-lfs"
_NO_ATTRIBUTE = re.compile(r"Can't get attribute '([^']+)' on <module '([^']+)'")
_UNPICKLERS = ("pickle.load", "joblib.load", "cloudpickle.load", "dill.load", "torch.load", "read_pickle")
_FORMER_MODULE = re.compile(r"sklearn\.\w+\.[a-z]\w*")  # since 0.22 the names of these begin with an underscore
_MISMATCHES = ("AttributeError", "ModuleNotFoundError", "ImportError", "TypeError")
_QUOTED = re.compile(r"'([^']+)'")


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a file: it `is` something, and what to do; `anew` says that it is to be registered again."""

    code: str
    what: str
    remedy: str
    anew: bool = True


def check_model_content(facts: Facts) -> Iterator[Finding]:
    """What a model file begins with fits what it is to be: it is not empty, no pointer, no web page, and whole."""
    for model in facts.models:
        for path, size in model.files.items():
            fault = _fault(path, size if not model.is_folder else 1, model.heads.get(path, b""))
            fault = fault or _unreadable(facts, size, model.heads.get(path, b""))
            if fault is not None:
                yield _finding(facts, model, path, fault)


def _fault(path: str, size: int, head: bytes) -> _Fault | None:
    if size == 0:
        return _Fault("model-empty", "is empty", "Register the file once more")
    if head.startswith(_LFS):
        return _Fault(
            "model-is-lfs-pointer", "is a pointer of Git LFS and not the file itself",
            "Fetch the file (git lfs pull), and register it once more",
        )  # fmt: skip
    if head.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml")) and _is_binary(path):
        return _Fault(
            "model-is-a-web-page", "is a web page: the answer of a server, not a model",
            "Download the model again (a login may have been in the way), and register it once more",
        )  # fmt: skip
    return None


def check_pickle_needs(facts: Facts) -> Iterator[Finding]:
    """A pickle needs classes and modules of the program that wrote it."""
    raised = facts.raised
    if raised is None or facts.failure is None:
        return
    lost = _NO_ATTRIBUTE.search(raised.message)
    model = name_of_models(facts)
    if lost:
        name, module = lost.groups()
        of_program = facts.script is not None and module == facts.script.path.removesuffix(".py")
        module = "__main__" if of_program else module  # the script stands in for the program that wrote the pickle
        yield Finding(
            "pickle-needs-class", Severity.ERROR, "init",
            f"The pickle of {model} needs '{name}', which the program that wrote it had in {module}.",
            (str(raised),),
            f"Define {name} in the entry script, or in a module of yours that both import: a pickle holds the name "
            f"{module}.{name} and not the code.",
            refines=(facts.failure.code,),
        )  # fmt: skip
    elif raised.kind == "ModuleNotFoundError" and any(_unpickles(frame.text) for frame in raised.frames):
        yield from _module_of_pickle(facts, _QUOTED.search(raised.message), model)


def _unpickles(text: str) -> bool:
    return any(word in text for word in _UNPICKLERS)


def _module_of_pickle(facts: Facts, quoted: re.Match[str] | None, model: str) -> Iterator[Finding]:
    if quoted is None or facts.failure is None or facts.script is None:
        return
    module = quoted[1]
    top = module.partition(".")[0]
    refines = (facts.failure.code,)
    if _FORMER_MODULE.fullmatch(module):
        yield _of_an_old_release(facts, module, model)
    elif f"{top}.py" in facts.script.beside or top in facts.script.beside:
        yield Finding(
            "pickle-needs-own-module", Severity.ERROR, "init",
            f"The pickle of {model} needs your own module '{module}', which lies beside the script and was not "
            "deployed.",
            (str(facts.raised),),
            "Deploy the whole folder: --source-directory . (source_directory of InferenceConfig).",
            refines=refines,
        )  # fmt: skip
    else:
        yield Finding(
            "pickle-needs-package", Severity.ERROR, "init",
            f"The pickle of {model} needs the module '{module}', which the environment does not have.",
            (str(facts.raised),),
            f"Add '{facts.failure.remedy.split(chr(39))[1] if chr(39) in facts.failure.remedy else top}' to the "
            "environment (conda file or requirements), in the version that the model was trained with.",
            refines=refines,
        )  # fmt: skip


def _of_an_old_release(facts: Facts, module: str, model: str) -> Finding:
    return Finding(
        "model-version-differs", Severity.ERROR, "models",
        f"The model {model} was made with a scikit-learn older than 0.22, which had a module '{module}'.",
        (str(facts.raised),),
        "Pin the version of the training in the environment (scikit-learn==0.20.3, or what it was) and a Python of "
        "that time, or train the model again.",
        refines=refined(facts),
    )  # fmt: skip


def check_versions(facts: Facts) -> Iterator[Finding]:
    """A model was made with the version of a package that serves it: another one reads it wrongly, or not at all."""
    packages = facts.environment.packages if facts.environment else {}
    for model in facts.models:
        for package, version in model.made_with.items():
            served = packages.get(package, "")
            if not served or served == version:
                continue
            failed = facts.failure is not None or _fails_in_library(facts)
            far = version.split(".")[:2] != served.split(".")[:2]
            if far or failed:
                yield Finding(
                    "model-version-differs", Severity.ERROR if failed else Severity.WARNING, "models",
                    f"The model {model.id} was made with {package} {version}, and {package} {served} serves it.",
                    (str(facts.raised),) if facts.raised else (),
                    f"Pin {package}=={version} in the environment, or train the model again with {package} {served}.",
                    refines=(facts.failure.code, "pickle-needs-package") if facts.failure else ("run-failed",),
                )  # fmt: skip


def _fails_in_library(facts: Facts) -> bool:
    """Whether requests fail within a package, as they do where it meets an object that another version made."""
    raised = [request.raised for request in facts.requests if request.raised is not None]
    return any(
        each.kind in _MISMATCHES and each.where is not None and "site-packages" in each.where.file for each in raised
    )


def _unreadable(facts: Facts, size: int, head: bytes) -> _Fault | None:
    """What an exception while a model was read says of its file."""
    raised = facts.raised
    if raised is None or raised.kind not in ("UnpicklingError", "EOFError", "ValueError", "RuntimeError", "OSError"):
        return None
    packed = next((name for magic, name in _COMPRESSED.items() if head.startswith(magic)), "")
    if packed and raised.kind == "UnpicklingError":
        return _Fault(
            "model-is-compressed", f"is compressed ({packed}), and pickle does not unpack it",
            "Read it with what wrote it: joblib.load(path) unpacks it by itself", anew=False,
        )  # fmt: skip
    if any(word in raised.message.lower() for word in _CUT_OFF):
        return _Fault(
            "model-truncated", f"ends too early: its copy was broken off at {size} bytes",
            "Copy the file again, compare its size with the original's, and register it once more",
        )  # fmt: skip
    return None


def _finding(facts: Facts, model: ModelFacts, path: str, fault: _Fault) -> Finding:
    command = f": modelport model register --name {model.name} {path}" if fault.anew and model.version else ""
    proof = (str(facts.raised),) if facts.raised else (f"{model.files[path]} bytes",)
    return Finding(
        fault.code, Severity.ERROR, "models", f"The file '{path}' of the model {model.id} {fault.what}.", proof,
        f"{fault.remedy}{command}.", refines=refined(facts),
    )  # fmt: skip


def _is_binary(path: str) -> bool:
    return not path.lower().endswith((".html", ".htm", ".xml", ".pmml", ".svg"))
