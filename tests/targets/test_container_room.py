"""What the engine's machine cannot give is refused before anything is built for it."""

from __future__ import annotations

import os
import socket

import pytest

from modelport.errors import ConflictError, UserError
from modelport.manifest import Container, Listen
from modelport.services.spec import ScriptSpec, ServiceSpec
from modelport.targets.container import ContainerTarget
from modelport.targets.container_room import check_limits, check_published

MACHINE = {"NCPU": 2, "MemTotal": 8 * 2**30}


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Container(cpu_cores=2.5), "2.5 processor cores, and the machine of the container engine has 2"),
        (Container(memory_bytes=2**20), "1 MiB of memory, and container engines give 6 MiB at least"),
        (Container(memory_bytes=16 * 2**30), "16 GB of memory, and the machine of the container engine has 8 GB"),
    ],
)
def test_limits_that_cannot_be_had_are_told_with_what_can(limits, told):
    with pytest.raises(UserError) as caught:
        check_limits(limits, MACHINE)
    assert (caught.value.code, told in caught.value.message) == ("container-limit-unfit", True)


@pytest.mark.parametrize("about", [MACHINE, {}])
def test_limits_that_can_be_had_pass_and_so_do_those_of_an_engine_that_tells_nothing(about):
    check_limits(Container(cpu_cores=2, memory_bytes=8 * 2**30), about)
    check_limits(Container(), about)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "127.0.0.1"])
def test_a_port_that_a_container_publishes_is_told_with_its_name(address):
    with pytest.raises(ConflictError, match=r"8890 .* by the container 'other'") as caught:
        check_published([(address, 8890, "other")], "127.0.0.1", 8890)
    assert caught.value.code == "port-in-use"


def test_other_ports_and_addresses_are_free():
    check_published([("127.0.0.1", 8891, "other"), ("10.0.0.1", 8890, "other")], "127.0.0.1", 8890)


def spec_of(port: int = 0, **limits: float) -> ServiceSpec:
    listen, container = Listen(port=port), Container(**limits)
    return ServiceSpec("mysvc", "container", ScriptSpec("s.py"), listen=listen, container=container)


def test_the_target_asks_the_engine_itself(engine):
    target = ContainerTarget(dict(os.environ), "workspace")
    target.preflight(spec_of(cpu_cores=0.5, memory_bytes=2**28), 0)
    with pytest.raises(UserError, match="4096 processor cores"):
        target.preflight(spec_of(cpu_cores=4096), 0)


def test_a_port_that_anything_of_this_machine_holds_is_refused_but_for_the_services_own(engine):
    target = ContainerTarget(dict(os.environ), "workspace")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        target.preflight(spec_of(port), port)
        with pytest.raises(ConflictError, match=str(port)):
            target.preflight(spec_of(port), 0)


def test_a_port_that_a_container_publishes_is_seen_in_the_engine(engine, scratch, base_image):
    words = ["run", "--detach", "--label", scratch.label, "--publish", "127.0.0.1::5001", base_image("3.11")]
    container = scratch.docker(*words, "sleep", "60")
    port = int(scratch.docker("port", container, "5001").rpartition(":")[2])
    with pytest.raises(ConflictError, match="by the container"):
        ContainerTarget(dict(os.environ), "workspace").preflight(spec_of(port), 0)
