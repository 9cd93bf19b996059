"""What every service can be asked and told; `sdk.webservice` has the classes that programs use."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any, ClassVar

from modelport.errors import NotFoundError, UserError
from modelport.events import Event
from modelport.sdk.arguments import opened, say, v1_word
from modelport.sdk.service_view import ServiceView
from modelport.services.service import Service
from modelport.services.target import LogRequest
from modelport.v1_kinds import NotOfferedError

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class ServiceDoor(ServiceView):
    """The verbs of a service. A class for services of one kind says the word that its spec has: `shown_as`."""

    _kinds: ClassVar[dict[str, type[ServiceDoor]]] = {}

    def __init_subclass__(cls, shown_as: str = "") -> None:
        super().__init_subclass__()
        if shown_as:
            ServiceDoor._kinds[shown_as] = cls

    def __new__(cls, workspace: Workspace, name: str, *args: object, **kwargs: object) -> ServiceDoor:
        """The object of the class that fits the service, unless that class itself is asked for."""
        _ = args, kwargs
        if cls in ServiceDoor._kinds.values():
            return object.__new__(cls)
        try:
            return object.__new__(ServiceDoor._class_of(opened(workspace).services.get(name)))
        except NotFoundError as error:
            raise v1_word("WebserviceNotFound", error) from None

    @staticmethod
    def _class_of(service: Service) -> type[ServiceDoor]:
        """The class for a service, by the words that it is shown in."""
        return ServiceDoor._kinds.get(service.spec.shown_as or service.spec.target, ServiceDoor._kinds["unknown"])

    def __init__(self, workspace: Workspace, name: str, *, must_exist: bool = True) -> None:
        self.workspace = workspace
        self.name = name
        self._last: Service | None = None
        self._gone = "unknown"
        self._shown: set[str] = set()  # moments of events that were printed already
        try:
            self._look()
        except NotFoundError as error:
            if must_exist:
                raise v1_word("WebserviceNotFound", error) from None

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Block until the service serves what was last asked; `show_output` prints each step with its time.

        Raises `DeploymentError` with the traceback of the script first; the log stays readable (`get_logs`).
        """
        service = self._manager.wait(
            self.name, timeout_seconds=timeout_sec, on_event=self._show if show_output else None
        )
        self._last = service
        if show_output:
            say(f"Service {self.name} answers at {service.scoring_uri}")

    def _show(self, event: Event) -> None:
        """Print a step that has ended, once."""
        key = f"{event.time} {event.kind} {event.status}"
        if key in self._shown or event.status == "started":
            return
        self._shown.add(key)
        took = f" ({event.duration_seconds:.2f} s)" if event.duration_seconds is not None else ""
        failed = " failed" if event.status == "failed" else ""
        say(f"{event.kind}{failed}: {event.message or 'done'}{took}")

    def run(self, input_data: bytes | str) -> Any:
        """Send a request and return the parsed answer; waits first while the service is being deployed.

        A `run()` that returns `json.dumps(...)` is answered with a text that is JSON itself, as in v1.
        Raises `ScoringError` with the status and the body for an answer other than 200.
        """
        if isinstance(input_data, str):
            input_data = input_data.encode()
        if not isinstance(input_data, (bytes, bytearray)):
            raise UserError(
                "input-data-invalid",
                f"The input data is {type(input_data).__name__}; bytes or a str are sent as they are.",
                "Write service.run(json.dumps({'data': ...})).",
            )
        reply = self._manager.run(self.name, bytes(input_data))
        try:
            return json.loads(reply.body)
        except ValueError:
            return reply.body if "charset" not in reply.headers.get("content-type", "") else reply.body.decode()

    def get_logs(self, num_lines: int = 5000, init: bool = False, *, raw: bool = False) -> str | bytes:
        """The last lines of the log: output of the script, of the server, and the steps of operations; `raw`: bytes.

        `init` (v1's log of another container) has no effect. Raises `UserError` (`argument-invalid`).
        """
        _ = init
        if isinstance(num_lines, bool) or not isinstance(num_lines, int) or num_lines < 1:
            raise UserError("argument-invalid", f"num_lines must be a whole number from 1 on; it is {num_lines!r}.")
        text = "".join(f"{line}\n" for line in self._manager.logs(self.name, LogRequest(num_lines)))
        return text.encode() if raw else text

    def get_keys(self) -> tuple[str, str]:
        """The primary and the secondary key; raises `ConflictError` (`keys-disabled`) if the service takes none."""
        return self._manager.keys(self.name)

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Make the "Primary" or "Secondary" key anew (or set it to `set_key`); valid at once."""
        self._manager.regenerate_key(self.name, key, set_key)

    def get_token(self) -> tuple[str, datetime.datetime]:
        """Tokens exist on clusters alone; raises `NotOfferedError` (`tokens-unavailable`), as v1 did."""
        raise NotOfferedError(
            "tokens-unavailable",
            f"Service '{self.name}' has no tokens: {self.compute_type} services know keys only.",
            "Deploy with auth_enabled=True and use get_keys().",
        )

    def delete(self) -> None:
        """End the service and remove its files; deleting a service that is gone already prints a line."""
        try:
            self._manager.delete(self.name)
        except NotFoundError:
            say(f"There is no service {self.name} to delete.")
        self._gone = "deleted"
