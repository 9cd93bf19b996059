"""Statuses without a body: what the script returns with them must not reach the client.

It would be taken for the answer to the next request.
"""

from __future__ import annotations

import http.client

import pytest
from tests.server.conftest import StartReplica

SCRIPT = """
    from azureml.contrib.services.aml_request import rawhttp
    from azureml.contrib.services.aml_response import AMLResponse
    def init(): pass
    @rawhttp
    def run(request):
        status, body = request.data.decode().split()
        if body == "stream":
            return AMLResponse((part for part in ("a", "b")), int(status))
        return AMLResponse(body, int(status))
"""


@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize("body", ["body", "stream"])
def test_the_next_answer_is_the_next_requests_own(start_replica: StartReplica, status: int, body: str) -> None:
    replica = start_replica(SCRIPT)
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=10)
    seen = []
    for request in (f"{status} {body}", "200 second"):
        connection.request("POST", "/score", request)
        response = connection.getresponse()
        seen.append((response.status, response.read(), response.getheader("content-length")))
    connection.close()
    assert seen == [(status, b"", "0" if status == 205 else None), (200, b"second", "6")]
