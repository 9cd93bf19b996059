"""A scikit-learn service for `bentoml build`; the script lies beside it, the base is given as its manual says."""

import os

import bentoml

BASE = os.environ.get("BENCH_BASE", "")


@bentoml.service(image=bentoml.images.Image(base_image=BASE, python_version="3.11").python_packages("scikit-learn"))
class Scoring:
    def __init__(self):
        import score

        score.init()
        self.script = score

    @bentoml.api(route="/score")
    def score(self, data: list[list[float]]) -> list:
        return self.script.compute(data)
