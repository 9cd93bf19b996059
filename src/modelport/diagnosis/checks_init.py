"""Checks of what `init()` ended with, where the reason is known (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from modelport.diagnosis.checks_models import refined
from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, Severity
from modelport.diagnosis.traceback_reading import Frame, Raised

_QUOTED = re.compile(r"'([^']+)'")
_NETWORK = ("URLError", "ConnectionError", "ConnectionRefusedError", "ConnectTimeout", "ConnectError", "gaierror",
            "MaxRetryError", "NewConnectionError", "SSLError", "ReadTimeout")  # fmt: skip
_ACCELERATOR = re.compile(r"nvidia driver|no cuda|cuda (is not|error|driver|unavailable)|not compiled with cuda|"
                          r"found no nvidia|no gpu|hip error", re.IGNORECASE)  # fmt: skip
_LOOK_UPS = ("ModelNotFoundException", "WebserviceException")
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
_PROGRAMS = ("subprocess", "Popen", "_execute_child")


@dataclass(frozen=True)
class Known:
    """What an exception of the user's code means."""

    code: str
    cause: str
    remedy: str


def check_init(facts: Facts) -> Iterator[Finding]:
    """An exception whose reason is known by its kind, its words and the line that raised it."""
    raised = facts.raised
    known = known_reason(raised) if raised is not None else None
    if known is not None and raised is not None:
        yield Finding(
            known.code, Severity.ERROR, "init", known.cause, (str(raised), *own_place(raised)), known.remedy,
            refines=refined(facts),
        )  # fmt: skip


def own_place(raised: Raised) -> tuple[str, ...]:
    """Where the user's own code was, as far as the traceback tells: the last line outside libraries."""
    own = [frame for frame in raised.frames if "site-packages" not in frame.file and "/lib/python" not in frame.file]
    return tuple(shown(frame) for frame in own[-1:])


def shown(frame: Frame) -> str:
    """A call as a line of evidence."""
    return f"{frame.file}:{frame.line}: {frame.text}".rstrip(": ")


def known_reason(raised: Raised) -> Known | None:
    """What is known of an exception by its kind, its words and the line that raised it, wherever it was raised."""
    return (
        _by_kind(raised)
        or _of_the_environment(raised)
        or _of_the_outside(raised)
        or _of_models(raised)
    )  # fmt: skip


def _by_kind(raised: Raised) -> Known | None:
    if raised.kind == "RecursionError":
        function = raised.where.function if raised.where else ""
        return Known(
            "endless-recursion", f"The function '{function}' calls itself without an end.",
            f"Give '{function}' a case in which it does not call itself, or walk with a loop.",
        )  # fmt: skip
    if raised.kind == "MemoryError":
        return Known(
            "memory-too-small", "The script asked for more memory than it can get.",
            "Load less, map the file instead of reading it (numpy.load(..., mmap_mode='r')), or give the service more "
            "memory (memory_gb, --memory-gb).",
        )  # fmt: skip
    if raised.kind == "UnicodeDecodeError":
        return Known(
            "file-encoding", "A text file is read with another encoding than it was written with.",
            "Open it with the encoding that it has: open(path, encoding='latin-1') or 'cp1252'; best save it as UTF-8.",
        )  # fmt: skip
    if "UTF-8 BOM" in raised.message:
        return Known(
            "file-encoding", "A text file begins with a byte order mark (BOM).",
            "Open it with encoding='utf-8-sig', which takes the mark away, or save it without one.",
        )  # fmt: skip
    return None


def _of_the_environment(raised: Raised) -> Known | None:
    line = raised.where.text if raised.where else ""
    lines = " ".join(frame.text for frame in raised.frames)
    quoted = _QUOTED.search(raised.message)
    if raised.kind == "KeyError" and quoted and ("environ" in lines or "getenv" in lines):
        return Known(
            "variable-missing", f"The environment variable {quoted[1]} is not set in the service.",
            f"Set it: env.environment_variables = {{'{quoted[1]}': '...'}} of the Environment, or read it with a "
            f"default: os.environ.get('{quoted[1]}', ...). A secret comes from the workspace: "
            "ws.get_default_keyvault().",
        )  # fmt: skip
    if raised.kind == "Error" and "unsupported locale" in raised.message:
        wanted = re.search(r"[\"']([\w.@-]+)[\"']", line) or re.search(r"[\"']([\w.@-]+)[\"']", lines)
        name = f" '{wanted[1]}'" if wanted else ""
        return Known(
            "locale-missing", f"The locale{name} is not installed where the service runs.",
            f"Use 'C.UTF-8', which is everywhere, instead of{name or ' it'}; in an image, install locales-all.",
        )  # fmt: skip
    if _ACCELERATOR.search(raised.message):
        return Known(
            "accelerator-missing", "The model is put on a graphics card, and this machine has none that can be used.",
            "Load it onto the processor where there is no card: device = 'cuda' if torch.cuda.is_available() else "
            "'cpu'; torch.load(path, map_location='cpu').",
        )  # fmt: skip
    return None


def _of_models(raised: Raised) -> Known | None:
    if raised.kind not in _LOOK_UPS or not raised.message.startswith("The model '"):
        return None
    return Known(
        "served-model-missing", "The script asks for a model, or a version of it, that the service does not have.",
        "Ask for one that the message lists, by the name that it is registered by, or deploy the other one too: "
        "--model NAME:VERSION",
    )  # fmt: skip


def _of_the_outside(raised: Raised) -> Known | None:
    quoted = _QUOTED.search(raised.message)
    functions = " ".join(f"{frame.file} {frame.function}" for frame in raised.frames)
    if raised.kind == "FileNotFoundError" and quoted and any(word in functions for word in _PROGRAMS):
        return Known(
            "program-missing-in-script", f"The script runs the program '{quoted[1]}', which is not installed.",
            f"Install '{quoted[1]}' on this machine; for an image, add its package: env.docker.base_dockerfile, or "
            "extra_docker_file_steps with RUN apt-get install.",
        )  # fmt: skip
    if raised.kind == "OSError" and "Address already in use" in raised.message:
        return Known(
            "script-port-in-use", "The script opens a port that is taken, by another replica of it or by a program.",
            "Each replica runs init() of its own: let the system choose (port 0), open it in one replica only, or "
            "leave metrics to the service, which serves them at /metrics.",
        )  # fmt: skip
    if raised.kind in _NETWORK or any(before.kind in _NETWORK for before in raised.before):
        return Known(
            "init-needs-network", "The script asks a server that cannot be reached from here.",
            "A model that init() downloads is better registered (modelport model register) and deployed with the "
            "service; else check address, proxy and certificates.",
        )  # fmt: skip
    return None


def check_death(facts: Facts) -> Iterator[Finding]:
    """The worker died before it was ready: in native code, or for memory."""
    failure = facts.failure
    if failure is None or failure.code not in ("init-died", "worker-died"):
        return
    if failure.signal in _CRASHES:
        lines = [line for line in failure.log if 'File "' in line]
        yield Finding(
            "init-crashed-natively", Severity.ERROR, "init",
            f"Native code crashed ({failure.signal}) while init() ran: a library in C, not a Python error.",
            (failure.message, *[line.strip() for line in lines[:3]]),
            _crash_remedy(facts), refines=(failure.code,),
        )  # fmt: skip
    elif failure.signal == "SIGKILL" and "memory" in failure.message.lower():
        yield Finding(
            "memory-too-small", Severity.ERROR, "init", "The worker was killed because memory ran out.",
            (failure.message,), "Give the service more memory (memory_gb, --memory-gb), or load less.",
            refines=(failure.code,),
        )  # fmt: skip


def _crash_remedy(facts: Facts) -> str:
    script = facts.script.path if facts.script else "the script"
    return (
        f"Look at the line of {script} that the stack above names; a package built for another version of numpy or of "
        "Python, or a damaged file, is the usual reason: install the packages of the environment anew, with pins."
    )


def check_slow_init(facts: Facts) -> Iterator[Finding]:
    """`init()` was ended by its time limit: it is at work, or it hangs."""
    failure = facts.failure
    if failure is None or failure.code != "init-timeout":
        return
    at = own_call(facts, failure.stack)
    printed = [line for line in failure.log if not _IN_STACK.match(line)]
    if printed and not waits(at):
        yield Finding(
            "init-too-slow", Severity.ERROR, "init",
            "init() was still at work when its time was over; it had printed until then.",
            (failure.message, *printed[-2:]),
            "Give it more time (--init-timeout SECONDS), or do less in init().", refines=(failure.code,),
        )  # fmt: skip
    elif at is not None:
        yield _hanging(facts, failure.message, at)


def _hanging(facts: Facts, message: str, at: Frame) -> Finding:
    place = f"{facts.script.path if facts.script else at.file}:{at.line}"
    if at.function == "<module>":
        return Finding(
            "init-timeout", Severity.ERROR, "init", "The import of the script did not end: it waits on its top level.",
            (message, shown(at)),
            f"Take {place} out, or put it below if __name__ == '__main__': the service itself answers requests.",
            refines=("init-timeout",),
        )  # fmt: skip
    return Finding(
        "init-hangs", Severity.ERROR, "init", "init() was waiting for something when its time was over.",
        (message, shown(at)),
        f"Look at {place}: what does it wait for? A lock, a debugger, a connection without a limit?",
        refines=("init-timeout",),
    )  # fmt: skip


_IN_STACK = re.compile(r'(Current thread|Thread) 0x|  File "|  \.\.\.$')
_WAITING = ("acquire", "join(", "wait", "accept", "recv", ".get()", "serve_forever", "input(")


def own_call(facts: Facts, stack: tuple[Frame, ...]) -> Frame | None:
    """The innermost call of a stack that is in the script, with the text of its line."""
    script = facts.script
    own = [frame for frame in stack if script is not None and frame.file.endswith(script.path)]
    if script is None or not own:
        return None
    lines = script.content.decode("utf-8", "replace").splitlines()
    text = lines[own[-1].line - 1].strip() if own[-1].line <= len(lines) else ""
    return replace(own[-1], text=text)


def waits(frame: Frame | None) -> bool:
    """Whether a line waits for something that may never come."""
    return frame is not None and any(word in frame.text for word in _WAITING)
