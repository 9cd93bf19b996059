"""Measures Modelport beside its peers on the same work; `make benchmark` starts it, README.md says what and how."""
