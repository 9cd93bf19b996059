"""Loads a scoring script by its path, as each framework's adapter needs it."""

import importlib.util


def load(path):
    spec = importlib.util.spec_from_file_location("user_scoring_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
