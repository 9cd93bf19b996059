"""What the tests of `modelport ml` share."""

from __future__ import annotations

import pytest


@pytest.fixture
def ml(cli):
    """`ml("model", "list")`: a line that begins with `az ml`."""
    return lambda *words: cli("ml", *words)


@pytest.fixture
def service_ml(service_cli):
    """The same, and afterwards no service is left."""
    return lambda *words: service_cli("ml", *words)
