"""Validates the names that users give, and derives every name that Modelport gives itself.

The rules are those of the Azure ML SDK v1, so that a name that was valid there is valid here.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from modelport.errors import UserError


@dataclass(frozen=True)
class NameRule:
    """One rule for names: a noun for messages, a pattern, and the rule in words."""

    noun: str
    pattern: re.Pattern[str]
    words: str
    minimum_length: int
    maximum_length: int

    def check(self, name: object) -> str:
        """Return `name` if it follows the rule, else raise `UserError` with code `<noun>-name-invalid`."""
        valid = (
            isinstance(name, str)
            and self.minimum_length <= len(name) <= self.maximum_length
            and self.pattern.fullmatch(name) is not None
        )
        if valid:
            return str(name)
        shown = repr(name) if not isinstance(name, str) or len(name) <= 80 else f"{name[:77]!r}… ({len(name)} long)"
        raise UserError(
            "name-invalid",
            f"The {self.noun} name {shown} is not valid: {self.words}.",
            f"Choose one of {self.minimum_length} to {self.maximum_length} characters that follows it.",
        )


WORKSPACE = NameRule(
    "workspace",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    "letters, digits, hyphens and underscores, starting with a letter or digit, 3 to 33 characters",
    3,
    33,
)
MODEL = NameRule(
    "model",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._]*"),
    "letters, digits, dashes, periods and underscores, starting with a letter or digit, 1 to 255 characters",
    1,
    255,
)
SERVICE = NameRule(
    "service",
    re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    "lower-case letters, digits and dashes, starting with a letter, ending with a letter or digit, 3 to 32 characters",
    3,
    32,
)
COMPUTE = NameRule(
    "compute target",
    re.compile(r"[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?"),
    "letters, digits and dashes, starting with a letter, ending with a letter or digit, 2 to 63 characters",
    2,
    63,
)
PROFILE = NameRule(
    "profile",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    "letters, digits, hyphens and underscores, starting with a letter or digit, 1 to 64 characters",
    1,
    64,
)
IMAGE = NameRule(
    "image",
    re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?"),
    "lower-case letters, digits, dashes and periods, starting and ending with a letter or digit, 3 to 32 characters",
    3,
    32,
)
ENVIRONMENT = NameRule(
    "environment",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._ ]*"),
    "letters, digits, spaces, dashes, periods and underscores, starting with a letter or digit, 1 to 255 characters",
    1,
    255,
)
EXPERIMENT = NameRule(
    "experiment",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]*"),
    "letters, digits, dashes and underscores, starting with a letter or digit, 2 to 36 characters",
    2,
    36,
)
DATASTORE = NameRule(
    "datastore",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    "letters, digits, hyphens and underscores, starting with a letter or digit, 1 to 255 characters",
    1,
    255,
)
SECRET = NameRule(
    "secret",
    re.compile(r"[A-Za-z0-9\-]+"),
    "letters, digits and dashes, 1 to 127 characters",
    1,
    127,
)


def parse_model_id(text: str) -> tuple[str, int | None]:
    """Split "name:version" (or a bare name, version None) and validate both.

    >>> parse_model_id("diabetes:3")
    ('diabetes', 3)
    >>> parse_model_id("diabetes")
    ('diabetes', None)
    """
    name, colon, version = text.partition(":")
    MODEL.check(name)
    if not colon:
        return name, None
    if not version.isascii() or not version.isdigit() or int(version) < 1:
        raise UserError(
            "version-invalid",
            f"The version in model id {text!r} is not valid: {version!r} is not a whole number from 1 on.",
            f"Write the id as name:version, for example '{name}:1', or leave the version out for the latest.",
        )
    return name, int(version)


def image_reference(workspace: str, name: str, version: int | str) -> str:
    """The name that an image gets in the container engine; one that engines would refuse is changed and told apart.

    >>> image_reference("default", "churn", 3)
    'modelport/default/churn:3'
    >>> image_reference("My Team", "churn..v2", 1)
    'modelport/my-team-cee0/churn-v2-4349:1'
    """
    return f"modelport/{_path_part(workspace)}/{_path_part(name)}:{version}"


def _path_part(name: str) -> str:
    """A part of an image's name: as it is if that is allowed, else near to it, with four digits of its digest."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if re.fullmatch(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", name):
        return name
    return f"{plain or 'name'}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"


SERVICE_LABEL = "dev.modelport.service"
WORKSPACE_LABEL = "dev.modelport.workspace"
NAME_LABEL = "dev.modelport.service-name"
REVISION_LABEL = "dev.modelport.revision"
ROLE_LABEL = "dev.modelport.role"


def container_name(service: str, service_id: str, part: str = "") -> str:
    """What a part of a service (a container, its volume, the network) is called in the engine.

    >>> container_name("churn", "0123456789abcdef", "r3")
    'modelport-churn-01234567-r3'
    """
    return f"modelport-{service}-{service_id[:8]}" + (f"-{part}" if part else "")


def new_id() -> str:
    """A fresh identity of 16 hexadecimal digits for a folder, a run or a revision; never derived from a name."""
    return secrets.token_hex(8)
