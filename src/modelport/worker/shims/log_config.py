"""What a logging.json written for v1's server names of `azureml_inference_server_http.log_config`."""

import logging
import time

__all__ = ["AMLLogFormatter", "RootAccessFilter"]

_FORMAT = "%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s"


class AMLLogFormatter(logging.Formatter):
    """Time in UTC, the level's first letter, the process, the logger, the message."""

    def __init__(self, fmt: "str | None" = None, datefmt: "str | None" = None, style: str = "%") -> None:
        super(AMLLogFormatter, self).__init__(fmt or _FORMAT, datefmt, style)  # type: ignore[arg-type]
        self.converter = time.gmtime


class RootAccessFilter(logging.Filter):
    """Keeps health checks out of an access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is of anything but a health check."""
        return "GET / HTTP/1.1" not in record.getMessage()
