"""Builds beside the program that asked for them: each in a thread, none outlived by it and none left behind.

A program that ends waits for its builds. Ctrl-C, while it waits or what it ended by, cancels them.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable

from modelport.process import Cancellation


class BackgroundBuilds:
    """The builds that this process does beside its main program, by the id of the image."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, tuple[threading.Thread, Cancellation]] = {}

    def start(self, image_id: str, work: Callable[[], None]) -> None:
        """Do `work` in a thread; it ends by itself, raising nothing but what nobody expects."""
        cancellation = Cancellation()

        def run() -> None:
            try:
                with cancellation.of_this_thread():
                    work()
            finally:
                with self._lock:
                    del self._running[image_id]

        thread = threading.Thread(target=run, name=f"builds {image_id}", daemon=True)  # waited for by `_see_through`
        with self._lock:
            if not self._running:
                atexit.unregister(self._see_through)
                atexit.register(self._see_through)
            self._running[image_id] = (thread, cancellation)
        thread.start()

    def cancel(self, image_id: str) -> bool:
        """Cancel a build and wait for its end; False if this process does not do it (any more)."""
        with self._lock:
            thread, cancellation = self._running.get(image_id, (None, None))
        if thread is None or cancellation is None:
            return False
        cancellation.ask()
        thread.join()
        return True

    def _see_through(self) -> None:
        """At the end of the program: wait for the builds; if it ends because of Ctrl-C, nobody wants them."""
        with self._lock:
            running = list(self._running.items())
        wanted = not issubclass(getattr(sys, "last_type", None) or Exception, KeyboardInterrupt)
        for image_id, (thread, _) in running:
            try:
                if wanted:
                    thread.join()
            except KeyboardInterrupt:
                wanted = False
            if not wanted:
                self.cancel(image_id)
