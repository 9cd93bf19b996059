"""Explains why the user's code could not be imported or initialised: the user's traceback, the place, the remedy."""

import os

from .problem import ScriptProblem, syntax_problem
from .traces import place_of, user_traceback

# Modules whose distribution is called otherwise; all others are called like the module.
DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "google": "protobuf",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "sentence_transformers": "sentence-transformers",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sklearn_pandas": "sklearn-pandas",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}


def import_problem(error: BaseException, path: str, app_root: str) -> ScriptProblem:
    """The problem that an error while the script was imported is."""
    if isinstance(error, SyntaxError):
        return _syntax(error, path)
    if isinstance(error, ValueError) and "null bytes" in str(error):
        return syntax_problem(error, path)
    if isinstance(error, ImportError):
        return _missing(error, app_root, "imported")
    return ScriptProblem(
        "script-import",
        "The scoring script %s while it was imported." % _did(error),
        "Correct the line, or move the work into init().",
        place_of(error, app_root),
        user_traceback(error),
    )


def init_problem(error: BaseException, path: str, app_root: str) -> ScriptProblem:
    """The problem that an error in `init()` is."""
    if isinstance(error, SyntaxError):
        return _syntax(error, path)
    if isinstance(error, ImportError):
        return _missing(error, app_root, "initialised")
    return ScriptProblem(
        "init-failed",
        "init() of the scoring script %s." % _did(error),
        _init_remedy(error),
        place_of(error, app_root),
        user_traceback(error),
    )


def _did(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "ended the program by sys.exit(%r)" % error.code
    words = str(error).strip().splitlines()
    return "raised %s: %s" % (type(error).__name__, words[0][:300]) if words else "raised %s" % type(error).__name__


def _init_remedy(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            "Models lie at os.path.join(os.environ['AZUREML_MODEL_DIR'], FILE), or ask Model.get_model_path(NAME); "
            "with logging.basicConfig(level=logging.DEBUG) it prints where it looked and what is there."
        )
    if type(error).__name__ == "ModelNotFoundException":
        return "Deploy the model under that name, or ask for one of those that the message lists."
    if isinstance(error, MemoryError):
        return "Give the service more memory, or load a smaller model."
    return "Correct the line that the traceback names."


def _syntax(error: SyntaxError, path: str) -> ScriptProblem:
    problem = syntax_problem(error, path)
    if os.path.abspath(problem.file) != os.path.abspath(path):
        problem.message = "A module that the scoring script imports does not parse: %s." % error.msg
        problem.traceback_text = user_traceback(error)
    return problem


def _missing(error: ImportError, app_root: str, doing: str) -> ScriptProblem:
    """A module, or a name in one, that is not there: say which distribution to add."""
    name = error.name or ""
    place = place_of(error, app_root)
    text = user_traceback(error)
    if name.partition(".")[0] == "azureml":
        return ScriptProblem("module-missing", "%s." % error, _AZUREML_REMEDY, place, text)
    if not isinstance(error, ModuleNotFoundError):
        words = "An import of the scoring script failed while it was %s: %s." % (doing, error)
        return ScriptProblem("script-import", words, _version_remedy(name), place, text)
    top = name.partition(".")[0]
    distribution = DISTRIBUTIONS.get(top, top)
    remedy = (
        "Add '%s' to the environment's dependencies; if '%s' is a file of your own, deploy the folder that holds it "
        "as source_directory." % (distribution, top)
    )
    words = "The scoring script needs the module '%s', which the environment does not have." % name
    problem = ScriptProblem("module-missing", words, remedy, place, text)
    problem.distribution = distribution
    return problem


_AZUREML_REMEDY = (
    "A service offers what scoring scripts use of azureml: Model.get_model_path of azureml.core.model, "
    "azureml.exceptions, azureml.contrib.services (AMLRequest, AMLResponse, rawhttp), azureml.monitoring. "
    "Take the rest out of the script, or add the package that holds it to the environment."
)


def _version_remedy(name: str) -> str:
    if not name:
        return "Read the traceback: a module exists, but could not be loaded."
    top = name.partition(".")[0]
    return "Pin the version of '%s' that the script was written for." % DISTRIBUTIONS.get(top, top)
