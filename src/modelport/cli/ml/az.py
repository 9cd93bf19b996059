"""The program `az` of a shell script that `modelport run-v1` runs: `az ml` is ours, signing in needs nobody.

`python -m modelport.cli.ml.az WORDS…`; anything else goes to the real `az` behind it, where there is one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence

from modelport.cli import main as modelport_main
from modelport.process import become
from modelport.settings import read_settings

BEHIND = "MODELPORT_PATH_BEHIND_AZ"
"""The PATH without the folder of ours, which the real `az` is looked for in."""
_WITHOUT_EFFECT = ("login", "logout", "account", "extension", "configure", "config", "group", "--version", "version")
_MISSING = 127  # as a shell has it for a program that is not there


def main(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one line of `az` and return its exit code."""
    if words[:1] == ["ml"]:
        return modelport_main(words)
    if words and words[0] in _WITHOUT_EFFECT:
        sys.stderr.write(f"az {' '.join(words[:2])}: without effect, nobody signs in to Modelport.\n")
        return 0
    behind = environ.get(BEHIND, "")
    real = shutil.which("az", path=behind)
    if real is not None:
        become([real, *words], {**environ, "PATH": behind})
    sys.stderr.write(f"az {' '.join(words[:1])}: Modelport stands in for az ml alone, and there is no other az.\n")
    return _MISSING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], read_settings().environ))
