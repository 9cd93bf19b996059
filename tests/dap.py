"""A small client of the debug adapter protocol: what an editor does when it attaches to a script."""

from __future__ import annotations

import json
import socket
import time
from typing import Any


class DapClient:
    """One connection to an adapter; requests wait for their answers, events are kept until they are asked for."""

    def __init__(self, port: int, host: str = "127.0.0.1", timeout: float = 60.0) -> None:
        """Connect as soon as somebody listens: an engine accepts for a container in which nobody does yet."""
        self._sequence = 0
        self._events: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        deadline = time.monotonic() + timeout
        while not self._greeted(host, port, timeout):
            assert time.monotonic() < deadline, f"nobody speaks to debuggers at {host}:{port}"
            time.sleep(0.05)

    def _greeted(self, host: str, port: int, timeout: float) -> bool:
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout)
        except OSError:
            return False
        self._file = self._socket.makefile("rb")
        try:
            self.ask("initialize", clientID="tests", adapterID="python", pathFormat="path", linesStartAt1=True)
        except OSError:
            self.close()
            return False
        return True

    def send(self, command: str, **arguments: Any) -> int:
        """Send a request without waiting for its answer."""
        self._sequence += 1
        words = {"seq": self._sequence, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(words).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._sequence

    def answer(self, sequence: int) -> Any:
        """The body of the answer to a request."""
        while sequence not in self._answers:
            self._receive()
        answer = self._answers.pop(sequence)
        assert answer["success"], answer
        return answer.get("body", {})

    def ask(self, command: str, **arguments: Any) -> Any:
        return self.answer(self.send(command, **arguments))

    def event(self, name: str) -> dict[str, Any]:
        """The next event of that name."""
        while True:
            for event in self._events:
                if event["event"] == name:
                    self._events.remove(event)
                    return dict(event.get("body", {}))
            self._receive()

    def _receive(self) -> None:
        length = 0
        while (line := self._file.readline().strip()) or not length:
            if not line and not length:
                raise ConnectionError("the adapter closed the connection")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message = json.loads(self._file.read(length))
        if message["type"] == "event":
            self._events.append(message)
        elif message["type"] == "response":
            self._answers[message["request_seq"]] = message

    # -- what an editor does ---------------------------------------------------------------------------------------

    def attach(self, breakpoints: dict[str, list[int]] | None = None, **options: Any) -> DapClient:
        """Attach, with breakpoints by file and line."""
        attaching = self.send("attach", name="tests", type="python", request="attach", **options)
        self.event("initialized")
        for path, lines in (breakpoints or {}).items():
            told = self.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": line} for line in lines])
            assert all(each["verified"] for each in told["breakpoints"]), told
        self.ask("configurationDone")
        self.answer(attaching)
        return self

    def wait_stopped(self) -> int:
        """Wait until a thread stands at a breakpoint; returns its id."""
        return int(self.event("stopped")["threadId"])

    def evaluate(self, thread: int, expression: str) -> str:
        """The value of an expression where the thread stands."""
        frame = self.ask("stackTrace", threadId=thread)["stackFrames"][0]["id"]
        return str(self.ask("evaluate", expression=expression, frameId=frame, context="watch")["result"])

    def variables(self, thread: int) -> dict[str, str]:
        """The local variables where the thread stands."""
        frame = self.ask("stackTrace", threadId=thread)["stackFrames"][0]["id"]
        scope = self.ask("scopes", frameId=frame)["scopes"][0]["variablesReference"]
        return {each["name"]: each["value"] for each in self.ask("variables", variablesReference=scope)["variables"]}

    def go_on(self, thread: int) -> None:
        self.ask("continue", threadId=thread)

    def detach(self) -> None:
        self.ask("disconnect", terminateDebuggee=False)
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()
