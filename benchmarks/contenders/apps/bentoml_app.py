"""The scoring script behind BentoML: it decodes the JSON itself, by the type of the parameter."""

import os

import bentoml
from user_script import load


@bentoml.service(workers=int(os.environ["BENCH_WORKERS"]))
class Scoring:
    def __init__(self):
        self.script = load(os.environ["BENCH_SCRIPT"])
        self.script.init()

    @bentoml.api(route="/score")
    def score(self, data: list[list[float]]) -> list:
        return self.script.compute(data)
