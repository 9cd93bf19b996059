"""Why a scoring script cannot be used, in words that a program can read and a person can act on."""

import keyword
import os


class ScriptProblem(Exception):
    """The scoring script cannot be loaded or initialised.

    `code` names the kind of problem, `file` and `line` the place in the user's code (empty and 0 where there is none),
    `traceback_text` is the user's own traceback without our frames, `remedy` what to do next.
    """

    def __init__(
        self, code: str, message: str, remedy: str = "", place: "tuple[str, int]" = ("", 0), traceback_text: str = ""
    ) -> None:
        super(ScriptProblem, self).__init__(code, message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.file, self.line = place
        self.traceback_text = traceback_text
        self.distribution = ""  # what to install where a module is missing

    def __str__(self) -> str:
        place = "%s:%d: " % (self.file, self.line) if self.line else ("%s: " % self.file if self.file else "")
        return place + self.message

    def to_dict(self) -> "dict[str, object]":
        """The problem as JSON-ready words."""
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "file": self.file,
            "line": self.line,
            "traceback": self.traceback_text,
            "distribution": self.distribution,
        }


def check_name(path: str) -> None:
    """Check that the path is a Python file whose name can be imported. Raises `ScriptProblem`."""
    if not os.path.isfile(path):
        what = "is a folder" if os.path.isdir(path) else "does not exist"
        raise ScriptProblem(
            "script-missing",
            "The scoring script '%s' %s." % (path, what),
            "Name an existing .py file; with a source directory the path is relative to that directory.",
        )
    stem, extension = os.path.splitext(os.path.basename(path))
    if extension != ".py":
        raise ScriptProblem(
            "script-name",
            "The scoring script '%s' is no Python file: its name must end in '.py'." % path,
            "Name the .py file that defines init() and run().",
        )
    if not stem.isidentifier() or keyword.iskeyword(stem):
        suggestion = "".join(letter if letter.isalnum() else "_" for letter in stem)
        if not suggestion.isidentifier() or keyword.iskeyword(suggestion):
            suggestion = "score"
        raise ScriptProblem(
            "script-name",
            "The scoring script '%s' cannot be imported: '%s' is no valid module name." % (path, stem),
            "Rename it, for example to '%s.py'." % suggestion,
        )


def syntax_problem(error: Exception, path: str) -> ScriptProblem:
    """The problem that a syntax error (or a file that is no text) is."""
    import traceback

    line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
    file = (error.filename or path) if isinstance(error, SyntaxError) else path
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return ScriptProblem(
        "script-syntax",
        "The scoring script does not parse: %s." % words,
        "Correct the line and deploy again; 'python -m py_compile %s' shows the same." % os.path.basename(file),
        (file, line),
        "".join(traceback.format_exception_only(type(error), error)),
    )


def missing_function(name: str, what: str, path: str) -> ScriptProblem:
    """The problem that a script has which lacks `init` or `run`."""
    example = "def init():" if name == "init" else "def run(data):"
    remedy = "Add a function '%s' at the top level of %s." % (example, os.path.basename(path))
    if name == "init":
        return ScriptProblem("script-no-init", "The scoring script %s." % what, remedy, (path, 0))
    return ScriptProblem("script-no-run", "The scoring script %s." % what, remedy, (path, 0))


def signature_problem(complaint: str, place: "tuple[str, int]") -> ScriptProblem:
    """The problem that a function has which a service cannot call."""
    return ScriptProblem(
        "script-signature",
        complaint,
        "Write 'def init():' and 'def run(data):'; run() may also take 'request_headers'.",
        place,
    )
