"""What each use of v1 comes to here: covered, covered with a difference, not covered, or not known."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from modelport.errors import nearest
from modelport.migration.differences import difference_of, reason_of, signature_difference
from modelport.migration.uses import CALL, IMPORT, Use

COVERED, DIFFERENT, MISSING, UNKNOWN = "covered", "difference", "not covered", "unknown"
VERDICTS = (COVERED, DIFFERENT, MISSING, UNKNOWN)

# Classes and reasons that are not of the deployment half.
_OTHER_CLASSES = ("Experiment", "Run", "RunConfiguration", "ScriptRunConfig")
_DEPLOYMENT_MEMBERS = ("Run.register_model", "Run.get_context")
_DEPLOYMENT_REASONS = ("", "?", "azure")


@dataclass(frozen=True)
class Finding:
    """A use with its verdict, what is to be said of it, and what to do; `is_deployment`: of the half that deploys."""

    use: Use
    verdict: str
    why: str = ""
    instead: str = ""
    is_deployment: bool = True

    def to_dict(self) -> dict[str, object]:
        """The same as JSON-ready words."""
        place = self.use.place
        return {
            "file": place.file,
            "cell": place.cell or None,
            "line": place.line,
            "kind": self.use.kind,
            "name": self.use.name,
            "verdict": self.verdict,
            "why": self.why,
            "what_to_do": self.instead,
            "deployment": self.is_deployment,
        }


def judged(use: Use) -> Finding:
    """The verdict on a use of the SDK."""
    if use.is_guess:
        why = f"Nobody can tell from the text what the object is; '{use.name}' is a name of v1."
        return Finding(use, UNKNOWN, why, "Annotate it, for example: def score(service: Webservice).")
    deployment = _is_deployment(use.name, use.absent)
    if use.absent:
        reason = reason_of(use.absent)
        if use.kind == IMPORT and use.absent != "?":
            why = f"It can be imported, and raises when it is called. {reason.why}"
            return Finding(use, DIFFERENT, why, "Nothing, while it is only imported.", deployment)
        return Finding(use, MISSING, reason.why, reason.instead, deployment)
    refused = _refused(use) if use.kind == CALL else ""
    if refused:
        return Finding(use, MISSING, refused, "Leave the argument out.", deployment)
    found = difference_of(use.name)
    if found is not None:
        return Finding(use, DIFFERENT, f"here: {found.here}.", found.instead, deployment)
    more = signature_difference(use.name)
    return Finding(use, DIFFERENT if more else COVERED, more, "", deployment)


def _is_deployment(name: str, reason: str) -> bool:
    if reason not in _DEPLOYMENT_REASONS:
        return False
    owners = name.split(".")[-2:]
    return name in _DEPLOYMENT_MEMBERS or not any(owner in _OTHER_CLASSES for owner in owners)


def _refused(use: Use) -> str:
    """The argument that ours does not take; empty if all are known."""
    if use.signature is None:
        return ""
    parameters = use.signature.parameters
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return ""
    unknown = [name for name in use.keywords if name not in parameters]
    return f"There is no argument {unknown[0]!r}. {nearest(unknown[0], parameters)}" if unknown else ""
