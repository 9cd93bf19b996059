"""Ports are looked at before anything is changed for their sake."""

from __future__ import annotations

import socket

import pytest

from modelport.errors import ConflictError, UserError
from modelport.manifest import Listen
from modelport.services.spec import ScriptSpec, ServiceSpec
from modelport.targets.ports import check_free, is_free, preflight


@pytest.fixture
def busy():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_busy_port_is_a_conflict_that_names_it(busy):
    with pytest.raises(ConflictError, match=str(busy)):
        check_free("127.0.0.1", busy)
    assert not is_free("127.0.0.1", busy)


def test_port_zero_is_always_free():
    check_free("127.0.0.1", 0)


def test_address_of_another_machine_is_told():
    with pytest.raises(UserError, match=r"192\.0\.2\.1"):
        check_free("192.0.2.1", 8890)


def test_own_port_is_no_conflict(busy):
    preflight(ServiceSpec("mysvc", "local", ScriptSpec("score.py"), listen=Listen(port=busy)), busy)


def test_port_of_another_is_a_conflict(busy):
    with pytest.raises(ConflictError):
        preflight(ServiceSpec("mysvc", "local", ScriptSpec("score.py"), listen=Listen(port=busy)), 1)
