"""Large bodies are counted after two seconds; {"stream": n} is answered with n pieces of 10 kB; all else takes 5 ms."""

import time

from azureml.contrib.services.aml_request import rawhttp

LARGE_BYTES = 1_000_000
LARGE_SECONDS = 2.0


def init():
    """Nothing to load."""


@rawhttp
def run(request):
    if request.content_length > LARGE_BYTES:
        time.sleep(LARGE_SECONDS)
        return request.content_length
    words = request.get_json()
    if "stream" in words:
        return (b"x" * 10_000 for _ in range(words["stream"]))
    time.sleep(0.005)
    return words["value"]
