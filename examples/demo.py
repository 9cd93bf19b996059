"""The whole way in one program: train, register, deploy, score, log, reload, update, fail, delete. `make demo` runs it.

It works in a temporary home, checks whatever it claims, and ends with exit code 1 if something does not hold. It leaves
no process, port or file behind, also when it is interrupted.
"""

import http.client
import io
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.text import Text

EXAMPLE = Path(__file__).resolve().parent / "diabetes"
REQUEST = (EXAMPLE / "request.json").read_bytes()
SOCKET_PATH_ROOM = 60  # of the 108 bytes that the path of a socket may have

# Standard output as it is now, not where a step redirects it to.
console = Console(file=sys.stdout, highlight=False, soft_wrap=True)


class DemoError(Exception):
    """Something that the demo claims does not hold."""


# -- what is shown ---------------------------------------------------------------------------------------------------


class Steps:
    """Numbers the steps and tells how long each took."""

    def __init__(self):
        self.number = 0

    @contextmanager
    def step(self, title, explanation):
        self.number += 1
        console.print(f"\n[bold cyan]{self.number}. {title}[/]")
        tell(explanation, "dim")
        started = time.perf_counter()
        yield
        console.print(f"   [green]done in {time.perf_counter() - started:.2f} s[/]")


def tell(text, style=""):
    console.print(Text(f"   {text}", style))


def claim(holds, what):
    """Show what was seen to hold; end the demo if it does not."""
    if not holds:
        raise DemoError(what)
    console.print(f"   [green]✓[/] {escape(what)}" if can_print("✓") else f"   ok: {escape(what)}")


def can_print(letter):
    try:
        letter.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


class Shown:
    """Takes what Modelport prints and shows it as a part of the step."""

    def write(self, text):
        for line in text.splitlines():
            if line.strip():
                tell(line)

    def flush(self):
        """Everything was printed at once."""


# -- clients of the service ------------------------------------------------------------------------------------------


def score(port, body=REQUEST):
    """One request over HTTP: (status, the answer parsed, its headers)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/score", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers
    finally:
        connection.close()


class Traffic:
    """Clients that send requests without a pause for as long as the block runs, and count what comes back."""

    def __init__(self, port, clients=2):
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(clients)]
        self.answered = Counter()
        self.lost = []
        self.slowest_seconds = 0.0

    def _send(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._stop.is_set():
            started = time.perf_counter()
            try:
                connection.request("POST", "/score", REQUEST, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                words = json.loads(answer.read())
                if answer.status == 200:
                    self.answered[words["model"]] += 1
                else:
                    self.lost.append(f"status {answer.status}: {words.get('detail')}")
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.lost.append(repr(error))
                connection.close()
            self.slowest_seconds = max(self.slowest_seconds, time.perf_counter() - started)
            self._stop.wait(0.002)
        connection.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def claim_nothing_lost(self):
        models = ", ".join(f"{count} by {model}" for model, count in self.answered.items())
        total = sum(self.answered.values())
        claim(
            total and not self.lost,
            f"{total + len(self.lost)} requests meanwhile, {len(self.lost)} lost ({models}; "
            f"slowest {self.slowest_seconds * 1000:.0f} ms){': ' + self.lost[0] if self.lost else ''}",
        )


# -- the way -----------------------------------------------------------------------------------------------------------


class Demo:
    """The steps, in order; `home` is the temporary home, `project` the folder of the user who tries Modelport."""

    def __init__(self, home):
        self.home = home
        self.project = home / "project"
        shutil.copytree(EXAMPLE, self.project, ignore=shutil.ignore_patterns("__pycache__", "outputs", "forest"))
        self.steps = Steps()
        self.workspace = None
        self.service = None

    def run(self):
        makes = (self.train, self.register, self.deploy)
        uses = (self.score, self.logs, self.reload, self.update, self.fail)
        for part in (*makes, *uses, self.delete):
            part()

    def edit(self, name):
        """What a user does in an editor: the script becomes another one."""
        shutil.copyfile(self.project / name, self.project / "score.py")

    def train(self):
        text = "scikit-learn's bundled diabetes data: 442 people, ten measurements each, the progression a year later."
        with self.steps.step("Train two models on real data", text):
            sys.path.insert(0, str(EXAMPLE))
            sys.dont_write_bytecode = True  # the example's folder stays as it is
            import train

            for kind in ("ridge", "forest"):
                model, accuracy = train.train(kind)
                path = train.save(model, self.project / kind / "model.pkl")
                size = path.stat().st_size / 1000
                claim(accuracy > 0.4, f"{type(model).__name__}: R² {accuracy:.3f} on unseen data, {size:.0f} kB")

    def register(self):
        from modelport import Model, Workspace

        with self.steps.step("Register the first", "The file is kept by its digest, under a name and a version."):
            path = str(self.project / "ridge" / "model.pkl")
            with redirect_stdout(Shown()):
                self.workspace = Workspace.create("demo", exist_ok=True)
                model = Model.register(self.workspace, path, "diabetes", tags={"kind": "ridge"})
            claim((model.name, model.version) == ("diabetes", 1), f"registered {model.id}")

    def deploy(self):
        from modelport import Environment, InferenceConfig, LocalWebservice, Model

        text = "The script score.py and diabetes:1, as a web service on a free port. No Docker, nothing is installed."
        with self.steps.step("Deploy it", text):
            inference_config = InferenceConfig(
                entry_script=str(self.project / "score.py"),
                environment=Environment.from_conda_specification("diabetes", str(self.project / "conda.yml")),
            )
            configuration = LocalWebservice.deploy_configuration(max_request_wait_time=10_000)
            models = [self.workspace.models["diabetes"]]
            with redirect_stdout(Shown()):
                self.service = Model.deploy(self.workspace, "diabetes", models, inference_config, configuration)
                self.service.wait_for_deployment(show_output=True)
            claim(self.service.state == "running", f"state {self.service.state}, port {self.service.port}")

    def score(self):
        text = f"POST {self.service.scoring_uri} with the measurements of two people."
        with self.steps.step("Score over HTTP", text):
            status, answer, headers = score(self.service.port)
            claim(status == 200 and len(answer) == 2, f"answered {status}: {answer}")
            tell(f"x-request-id: {headers['x-request-id']}   server-timing: {headers['server-timing']}")
            claim(self.service.run(REQUEST) == answer, "service.run(bytes) gives the same")

    def logs(self):
        text = "What the script printed, with the id of its request, and the steps of each operation."
        with self.steps.step("Look at the log", text):
            lines = self.service.get_logs().splitlines()
            claim(any(line.endswith("| 2 rows") for line in lines), "the script's own lines are there:")
            for line in lines[-6:]:
                tell(line)

    def reload(self):
        text = "score.py now declares its input and names its model. The service takes the edited file while it serves."
        with self.steps.step("Edit the script and reload", text):
            self.edit("score_v2.py")
            self.service.reload()
            status, answer, _ = score(self.service.port)
            claim(status == 200 and answer["model"] == "Ridge", f"answered {status}: {answer}")
            status, problem, _ = score(self.service.port, b'{"data": [[1, 2, 3]]}')
            claim(status == 400 and problem["code"] == "schema-mismatch", f"a wrong request gets {status}:")
            tell(problem["detail"])

    def update(self):
        from modelport import Model

        text = "The forest becomes diabetes:2 and takes over, while two clients send requests without a pause."
        with self.steps.step("Update to a second version, under load", text):
            with Traffic(self.service.port) as traffic:
                time.sleep(0.5)
                path = str(self.project / "forest" / "model.pkl")
                with redirect_stdout(Shown()):
                    model = Model.register(self.workspace, path, "diabetes", tags={"kind": "forest"})
                self.service.update(models=[model])
                time.sleep(0.5)
            claim(set(traffic.answered) == {"Ridge", "RandomForestRegressor"}, "both models answered, in turn")
            traffic.claim_nothing_lost()

    def fail(self):
        from modelport import DeploymentError

        text = "The name of the model file is misspelt in init(). The clients are still there."
        with self.steps.step("Deploy a script with a bug", text):
            with Traffic(self.service.port) as traffic:
                time.sleep(0.5)
                self.edit("score_broken.py")
                try:
                    self.service.reload()
                except DeploymentError as error:
                    self.show(error)
                else:
                    raise DemoError("a script with a bug is refused")
            claim(self.service.state == "running", f"the service is {self.service.state} as before")
            claim(set(traffic.answered) == {"RandomForestRegressor"}, "the revision before went on serving")
            traffic.claim_nothing_lost()

    def show(self, error):
        """The error as a user sees it, with short names for the folders of this demo."""
        text = str(error).replace(str(self.project), "project").replace(str(self.home), "$MODELPORT_HOME")
        claim("score.py" in error.traceback and "FileNotFoundError" in text, f"refused with '{error.code}':")
        for line in text.splitlines():
            tell(line, "yellow")

    def delete(self):
        with self.steps.step("Delete the service", "What is in flight is answered, then server and worker end."):
            port = self.service.port
            self.service.delete()
            claim(self.service.state == "deleted" and not listens(port), f"nothing listens on port {port} any more")
            claim(not left_running(self.home), "no process is left")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def left_running(home):
    """Ids of processes that were started for this home, where the system lets us look (Linux)."""
    mark = f"MODELPORT_HOME={home}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


# -- around it -------------------------------------------------------------------------------------------------------


def temporary_home():
    """A folder of our own, short enough for the sockets in it."""
    home = Path(tempfile.mkdtemp(prefix="modelport-demo-")).resolve()
    if len(str(home)) > SOCKET_PATH_ROOM:
        home.rmdir()
        home = Path(tempfile.mkdtemp(prefix="modelport-demo-", dir="/tmp")).resolve()
    os.environ.update(MODELPORT_HOME=str(home), MODELPORT_RUNTIME_DIR=str(home / "run"))
    for name in ("MODELPORT_WORKSPACE", "MODELPORT_SECRET_KEY"):
        os.environ.pop(name, None)
    return home


def clean_up(home, workspace):
    """End the service if it is still there, and remove the folder; a second Ctrl-C does not stop this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        if workspace is not None:
            with redirect_stdout(io.StringIO()):
                for service in list(workspace.webservices.values()):
                    service.delete()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def interrupt(*_):
    raise KeyboardInterrupt


def run(demo):
    """Run all steps and return the exit code, as shells have it: 130 after Ctrl-C."""
    try:
        demo.run()
    except KeyboardInterrupt:
        console.print("\n[yellow]Interrupted: everything is taken away again.[/]")
        return 130
    except DemoError as failure:
        console.print(f"\n[bold red]The demo failed, this does not hold: {escape(str(failure))}[/]")
        return 1
    return 0


def main():
    started = time.perf_counter()
    signal.signal(signal.SIGTERM, interrupt)
    console.print("[bold]Modelport: from a trained model to a running web service[/]")
    home = temporary_home()
    demo = Demo(home)
    try:
        code = run(demo)
    finally:
        clean_up(home, demo.workspace)
    if code == 0:
        claim(not home.exists() and not left_running(home), f"the temporary home {home} is removed")
        console.print(f"\n[bold green]All {demo.steps.number} steps in {time.perf_counter() - started:.1f} s.[/]")
    return code


if __name__ == "__main__":
    sys.exit(main())
