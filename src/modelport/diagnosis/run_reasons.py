"""What an exception of `run()` means, where its kind, its words and the line that raised it tell (pure)."""

from __future__ import annotations

import re

from modelport.diagnosis.checks_init import Known, known_reason
from modelport.diagnosis.facts import Facts
from modelport.diagnosis.traceback_reading import Raised

_QUOTED = re.compile(r"'([^']+)'")
_NAME_LOST = re.compile(r"name '(\w+)' is not defined|'(\w+)' referenced before assignment")
_WRITES = re.compile(r"\bopen\(.*[\"'][wax]b?\+?[\"']|\.write_(text|bytes)\(|mkdir\(|to_csv\(|dump\(")
_SUBSCRIPT = re.compile(r"(\w+)\[")
_SHAPES = re.compile(r"expecting (\d+) features|is incompatible with (?:the )?layer|shapes? .* not aligned|"
                     r"mat1 and mat2|expected shape|number of features", re.IGNORECASE)  # fmt: skip
_COLUMNS = re.compile(r"not in index|columns are missing|None of \[.*\] are in", re.IGNORECASE)


def reason_of_run(facts: Facts, raised: Raised) -> Known | None:
    """The reason that is known; None where there is none."""
    return (
        _of_the_request(facts, raised)
        or _of_threads(raised)
        or _of_names(facts, raised)
        or _of_folders(facts, raised)
        or _of_endings(raised)
        or known_reason(raised)
    )  # fmt: skip


def _last_line(raised: Raised) -> str:
    return raised.where.text if raised.where else ""


def _of_the_request(facts: Facts, raised: Raised) -> Known | None:
    where = raised.where.file if raised.where else ""
    if raised.kind == "JSONDecodeError":
        return Known(
            "request-not-json", "The script reads JSON, and the request is none.",
            "Send JSON: texts in double quotes, true and null instead of True and None; in Python json.dumps(data) and "
            "not str(data).",
        )  # fmt: skip
    if raised.kind == "RecursionError" and ("json" in where or "JSON" in raised.message):
        return Known(
            "request-too-deep", "The request is nested so deep that it cannot be read.",
            "Refuse such a client: no honest request is a thousand brackets deep. A schema decorator of the script "
            "answers it 400.",
        )  # fmt: skip
    if raised.kind == "TypeError" and raised.message.startswith("string indices must be"):
        return Known(
            "request-json-twice", "The client encoded its JSON twice: what the script reads from it is a text.",
            "Encode once: requests.post(address, json=data), or data=json.dumps(data), and not both, which is twice.",
        )  # fmt: skip
    if raised.kind == "KeyError":
        return _of_key(facts, raised)
    return _of_shape(raised)


def _of_shape(raised: Raised) -> Known | None:
    shapes = _SHAPES.search(raised.message)
    if shapes is None:
        return None
    wanted = f"{shapes[1]} features" if shapes[1] else "the shape that the message names"
    return Known(
        "input-shape-wrong", "The rows of the request have another shape than those that the model was trained on.",
        f"Send rows with {wanted}, in the order of the training; a schema decorator of the script refuses others "
        "(NumpyParameterType with enforce_shape).",
    )  # fmt: skip


def _of_key(facts: Facts, raised: Raised) -> Known | None:
    line = _last_line(raised)
    quoted = _QUOTED.search(raised.message)
    if quoted is None or "environ" in line:
        return None
    function = raised.where.function if raised.where else ""
    if _COLUMNS.search(raised.message) or "pandas" in str(raised.where) or function.startswith("<"):
        return Known(
            "request-column-missing", f"Rows of the request have no column '{quoted[1]}', which the script asks for.",
            f"Send the column '{quoted[1]}' in each row, spelt like that; a schema decorator refuses rows without it.",
        )  # fmt: skip
    looked_into = _SUBSCRIPT.search(line)
    reading = facts.script.reading if facts.script else None
    if looked_into and reading and looked_into[1] in reading.globals_of_init:
        return None  # something that init() loaded
    return Known(
        "request-key-missing", f"The request has no '{quoted[1]}', which the script reads from it.",
        f"Send an object with the key '{quoted[1]}': " + '{"' + quoted[1] + '": ...}; a schema decorator of the script '
        "tells clients so.",
    )  # fmt: skip


def _of_threads(raised: Raised) -> Known | None:
    one = "--max-concurrent-requests 1 (and --replicas for more at once)"
    if "only works in main thread" in raised.message:
        return Known(
            "signal-in-thread", "run() sets a signal, which only the main thread may, and several requests run at once "
            "in threads.",
            f"Let one request run at a time: {one}; or limit time otherwise: the service has --scoring-timeout-ms.",
        )  # fmt: skip
    if "created in a thread can only be used" in raised.message or "different thread" in raised.message:
        return Known(
            "object-bound-to-thread", "init() opened something that only its own thread may use, and requests run in "
            "others.",
            f"Open it within run(), or let one request run at a time: {one}.",
        )  # fmt: skip
    return None


def _of_names(facts: Facts, raised: Raised) -> Known | None:
    lost = _NAME_LOST.search(raised.message) if raised.kind in ("NameError", "UnboundLocalError") else None
    reading = facts.script.reading if facts.script else None
    name = (lost[1] or lost[2]) if lost else ""
    if name and reading and name in reading.init_locals:
        return Known(
            "global-forgotten", f"init() gives '{name}' a value and forgets it when it ends; run() looks for it.",
            f"Write 'global {name}' as the first line of init().",
        )  # fmt: skip
    return None


def _of_folders(facts: Facts, raised: Raised) -> Known | None:
    quoted = _QUOTED.search(raised.message)
    if raised.kind != "FileNotFoundError" or quoted is None:
        return None
    reading = facts.script.reading if facts.script else None
    if not quoted[1].startswith("/") and reading and reading.changes_folder:
        return Known(
            "working-directory-changed",
            f"The script changes its working directory, and then '{quoted[1]}' is somewhere else.",
            f"Take chdir() out (line {reading.changes_folder}), or make paths absolute first: os.path.abspath(path).",
        )  # fmt: skip
    if _WRITES.search(_last_line(raised)):
        return Known(
            "folder-missing", f"run() writes to '{quoted[1]}', whose folder is not there.",
            "Write to a folder that is there, and that each worker has of its own: tempfile.mkdtemp() in init(), "
            "tempfile.gettempdir(); what is to be kept belongs into a database or a store.",
        )  # fmt: skip
    return None


def _of_endings(raised: Raised) -> Known | None:
    if raised.kind == "SystemExit":
        return Known(
            "run-exits", "run() ends the program (SystemExit) instead of answering.",
            "Take sys.exit() out of what run() calls: return an answer, or raise an exception, which is answered 502.",
        )  # fmt: skip
    if raised.kind == "OSError" and "Too many open files" in raised.message:
        return Known(
            "files-leak", "The worker has as many files open as it may: run() opens some and does not close them.",
            "Open files and connections with 'with', or once in init(); modelport service reload NAME helps for a "
            "while.",
        )  # fmt: skip
    return None
