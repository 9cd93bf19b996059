"""`python -I -m modelport.server.in_image`: process 1 of an image. Serves until told to stop.

It goes by /var/lib/modelport/service.json if that is mounted, else by /opt/modelport/service.json; options name other
places: `--manifest FILE`, `--volume FOLDER`, `--runtime FOLDER`. Its exit code is 3 when init() failed or a variable of
the container is not valid. Start it with `-I`: else a `json.py` of the user's, in the working directory, would be ours.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn


def _end(*_: object) -> NoReturn:
    sys.exit(0)


def main(arguments: list[str]) -> int:
    """Serve what the image holds."""
    # Process 1 is not ended by a signal that it does not handle. Until the server's own handlers stand there is
    # nothing to drain, and what follows is imported later, because that takes most of the time to start.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    from modelport.server.image_server import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
