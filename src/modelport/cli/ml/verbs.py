"""The verbs that services and endpoints have in common; each adds itself to a group of either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelport.cli.ml import options as flags
from modelport.cli.ml.answer import Plain
from modelport.cli.ml.door import workspace_of

if TYPE_CHECKING:
    from modelport.sdk.webservice import Webservice


def service_of(context: click.Context, name: str) -> Webservice:
    """The service of that name in the workspace of the line; raises `NotFoundError` (`service-not-found`)."""
    from modelport.sdk.webservice import Webservice

    return Webservice(workspace_of(context), name)


def _line(noun: str, rest: str) -> str:
    """A line as an example has it."""
    return " ".join(("modelport ml", noun, rest))


def add_show(group: click.Group, noun: str) -> None:
    """`show`: what it is."""

    @group.command(examples=[_line(noun, "show -n my-service --query scoringUri -o tsv")])
    @flags.SERVICE_NAME
    @click.pass_context
    def show(context: click.Context, name: str) -> dict[str, Any]:
        """Show a service: its state, its address, what it serves."""
        return service_of(context, name).serialize()


def add_run(group: click.Group, noun: str) -> None:
    """`run`: one request."""

    @group.command(examples=[_line(noun, "run -n my-service -d '{\"data\": [[1, 2, 3]]}'")])
    @flags.SERVICE_NAME
    @flags.needed("input_data", "--input-data", "-d", help="What to send, as it stands.")
    @click.pass_context
    def run(context: click.Context, name: str, input_data: str) -> Any:
        """Send data to the script of a service and print its answer as JSON."""
        return service_of(context, name).run(input_data)


def add_get_logs(group: click.Group, noun: str) -> None:
    """`get-logs`: the log."""

    @group.command("get-logs", examples=[_line(noun, "get-logs -n my-service -l 100")])
    @flags.SERVICE_NAME
    @click.option("--num_lines", "--num-lines", "-l", "num_lines", type=click.IntRange(min=1), default=5000,
                  show_default=True, help="Last lines to print.")  # fmt: skip
    @click.option("--init", "-i", is_flag=True, help="Without effect: there is no container before the service.")
    @click.pass_context
    def get_logs(context: click.Context, name: str, num_lines: int, init: bool) -> Plain:
        """Print the log of a service, also of one that failed."""
        return Plain(service_of(context, name).get_logs(num_lines, init=init))


def add_keys(group: click.Group, noun: str) -> None:
    """`get-keys` and `regen-key`."""

    @group.command("get-keys", examples=[_line(noun, "get-keys -n my-service --query primaryKey -o tsv")])
    @flags.SERVICE_NAME
    @click.pass_context
    def get_keys(context: click.Context, name: str) -> dict[str, str]:
        """Print the keys that callers need; they are secrets."""
        return _keys(service_of(context, name))

    @group.command("regen-key", examples=[_line(noun, "regen-key -n my-service -k Primary")])
    @flags.SERVICE_NAME
    @click.option("--key", "-k", required=True, type=click.Choice(["Primary", "Secondary"], case_sensitive=False),
                  help="Which key.")  # fmt: skip
    @flags.text("set_key", "--set-key", "-s", help="Its new value; default: a random one.")
    @click.pass_context
    def regen_key(context: click.Context, name: str, key: str, set_key: str | None) -> dict[str, str]:
        """Make a key anew; it is valid at once."""
        service = service_of(context, name)
        service.regen_key(key, set_key=set_key)
        return _keys(service)


def add_get_access_token(group: click.Group, noun: str) -> None:
    """`get-access-token`: a token."""

    @group.command("get-access-token", examples=[_line(noun, "get-access-token -n my-service")])
    @flags.SERVICE_NAME
    @click.pass_context
    def get_access_token(context: click.Context, name: str) -> dict[str, str]:
        """Print a token, where the service knows tokens."""
        token, refresh_after = service_of(context, name).get_token()
        return {"accessToken": token, "refreshAfter": refresh_after.isoformat()}


def _keys(service: Webservice) -> dict[str, str]:
    primary, secondary = service.get_keys()
    return {"primaryKey": primary, "secondaryKey": secondary}


def add_delete(group: click.Group, noun: str) -> None:
    """`delete`: it ends."""

    @group.command(examples=[_line(noun, "delete -n my-service")])
    @flags.SERVICE_NAME
    @click.pass_context
    def delete(context: click.Context, name: str) -> None:
        """End a service and remove its files."""
        service_of(context, name).delete()
