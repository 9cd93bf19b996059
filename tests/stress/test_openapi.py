"""What our own OpenAPI document promises is kept, and whatever violates it is refused with a documented status."""

from __future__ import annotations

import contextlib

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as start_from
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.server.conftest import StartReplica
from tests.stress.conftest import Size
from tests.stress.test_http_garbage import DOCUMENTED

SCRIPT = """
    from inference_schema.schema_decorators import input_schema, output_schema
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    def init(): pass
    @input_schema("data", StandardPythonParameterType([{"age": 1, "name": "x"}]))
    @input_schema("factor", StandardPythonParameterType(1.5))
    @output_schema(StandardPythonParameterType([1.0]))
    def run(data, factor):
        return [1.0 for row in data]
"""
CHECKS = (schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
          response_schema_conformance)  # fmt: skip


@pytest.mark.parametrize("version", ["3", "3.1"])
def test_the_document_is_kept(start_replica: StartReplica, size: Size, version: str) -> None:
    replica = start_replica(SCRIPT, max_request_wait_time_ms=20_000)
    address = f"http://127.0.0.1:{replica.port}"
    document = replica.ask("GET", f"/swagger.json?version={version}").json
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=address)
    counted: dict[int, int] = {}

    for found in schema.get_all_operations():
        operation = found.ok()
        for modes in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @start_from(size.seed)
            @settings(
                max_examples=size.of(25, 1_500), deadline=None, database=None, derandomize=False,
                phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            def ask(case: schemathesis.Case) -> None:
                response = case.call()
                counted[response.status_code] = counted.get(response.status_code, 0) + 1
                assert response.status_code in DOCUMENTED
                case.validate_response(response, checks=list(CHECKS))

            with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where there is nothing to send
                given(case=operation.as_strategy(generation_mode=modes))(ask)()
    print(version, dict(sorted(counted.items())))
    assert replica.process.poll() is None
    assert "Traceback" not in (replica.directory / "server.out").read_text()
