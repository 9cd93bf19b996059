"""The stand-in for ptvsd and what is put into debugpy: everything that needs no debugger."""

from __future__ import annotations

from pathlib import Path

from tests.worker.interpreters import lines_of

FAKE = """
def listen(endpoint, **options):
    print("listens", endpoint[1])
    return endpoint

def connect(endpoint, **options):
    print("connects", endpoint)
    return endpoint

def is_client_connected():
    return False

def trace_this_thread(should):
    pass

class wait_for_client_cls:
    def __call__(self):
        import threading
        event = threading.Event()
        self.cancel = event.set
        event.wait()
        print("waited")
    def cancel(self):
        raise RuntimeError("wait_for_client() must be called first")

wait_for_client = wait_for_client_cls()
"""
PRELUDE = """
import os
from _modelport_worker.shims import finder
sys.path.insert(0, os.getcwd())
finder.install(os.path.join(os.getcwd(), "app"))
"""


def _run(tmp_path: Path, code: str) -> list[str]:
    (tmp_path / "debugpy.py").write_text(FAKE)
    return lines_of(PRELUDE + code, tmp_path, environ={"TMPDIR": str(tmp_path)})


def test_enable_attach_listens_by_debugpy(tmp_path: Path) -> None:
    code = "import ptvsd\nptvsd.enable_attach(address=('0.0.0.0', 5678), redirect_output=True)\n"
    assert _run(tmp_path, code + "print(ptvsd.is_attached())") == ["listens 5678", "False"]


def test_enable_attach_takes_a_host_alone(tmp_path: Path) -> None:
    assert _run(tmp_path, "import ptvsd\nptvsd.enable_attach('127.0.0.1')") == ["listens 5678"]


def test_waiting_ends_after_its_time(tmp_path: Path) -> None:
    code = "import ptvsd\nptvsd.enable_attach()\nptvsd.wait_for_attach(timeout=0.1)\nprint('goes on')"
    assert _run(tmp_path, code) == ["listens 5678", "waited", "goes on"]


def test_waiting_for_no_time_at_all_ends(tmp_path: Path) -> None:
    code = "import ptvsd\nptvsd.enable_attach()\nptvsd.wait_for_attach(timeout=0)\nprint('goes on')"
    assert _run(tmp_path, code)[-1] == "goes on"


def test_waiting_without_listening_goes_on(tmp_path: Path) -> None:
    assert _run(tmp_path, "import debugpy\ndebugpy.wait_for_client()\nprint('goes on')") == ["goes on"]


def test_the_users_debugpy_stays_what_it_is_but_for_three_functions(tmp_path: Path) -> None:
    code = "import debugpy\nprint(debugpy.__file__.endswith('debugpy.py'), type(debugpy.__spec__.loader).__name__)"
    assert _run(tmp_path, code) == ["True SourceFileLoader"]


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    code = """
import debugpy
for wrong in (70000, "5678", ("0.0.0.0", None)):
    try:
        debugpy.listen(wrong)
    except ValueError as error:
        print(error)
"""
    assert len(_run(tmp_path, code)) == 3


def test_only_one_process_has_a_port(tmp_path: Path) -> None:
    code = """
import subprocess
from _modelport_worker import debugger
held = debugger.claim(5678)
print(held is not None, debugger.claim(5678))
del held
print(debugger.claim(5678) is not None)
"""
    assert _run(tmp_path, code) == ["True None", "True"]


def test_a_users_own_ptvsd_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "ptvsd.py").write_text("MINE = 1")
    code = "sys.path.insert(0, os.path.join(os.getcwd(), 'app'))\nimport ptvsd\nprint(ptvsd.MINE)"
    assert _run(tmp_path, code) == ["1"]


def test_a_real_ptvsd_is_used_where_there_is_no_debugpy(tmp_path: Path) -> None:
    code = PRELUDE + "import ptvsd\nprint(ptvsd.__version__)"
    (tmp_path / "ptvsd.py").write_text("__version__ = 'real'")
    without = "sys.path = [os.getcwd()] + [each for each in sys.path if '-packages' not in each]"
    code = code.replace("sys.path.insert(0, os.getcwd())", without)
    assert lines_of(code, tmp_path) == ["real"]


def test_it_connects_to_the_debugger_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "debugpy.py").write_text(FAKE.replace("event.wait()", ""))
    code = PRELUDE + "from _modelport_worker.debugger import connect_as_told\nconnect_as_told()\nprint('goes on')"
    environ = {"TMPDIR": str(tmp_path), "AZUREML_DEBUG_PORT": "5680"}
    assert lines_of(code, tmp_path, environ=environ) == ["connects ('127.0.0.1', 5680)", "waited", "goes on"]


def test_a_debugger_that_is_not_there_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "debugpy.py").write_text(FAKE.replace('print("connects", endpoint)', "raise RuntimeError('nobody')"))
    code = PRELUDE + "from _modelport_worker.debugger import connect_as_told\nconnect_as_told()\nprint('goes on')"
    environ = {"TMPDIR": str(tmp_path), "AZUREML_DEBUG_PORT": "5680"}
    assert lines_of(code, tmp_path, environ=environ) == ["goes on"]
