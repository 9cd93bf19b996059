"""`azureml.monitoring.ModelDataCollector`: writes what a script collects as CSV files below a local folder.

The folder is AZUREML_MODEL_DATA_DIR, or `modeldata` in the app root where AML_MODEL_DC_STORAGE_ENABLED is true;
without either nothing is collected, and `collect` says so once. The layout is v1's:
`<subscription>/<resource group>/<workspace>/<service>/<model>/<version>/<designation>/<yyyy>/<mm>/<dd>/data.csv`.
"""

import csv
import io
import os
import threading
import time

from .. import environment
from ..traces import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ModelDataCollector"]

_lock = threading.Lock()


class ModelDataCollector(object):
    """Collects the rows of one designation (inputs, predictions, ...) of one model."""

    def __init__(
        self,
        model_name: str,
        designation: str = "default",
        feature_names: "list[str] | None" = None,
        model_version: "str | int | None" = None,
        **_: object
    ) -> None:
        self.model_name = model_name
        self.designation = designation
        self.feature_names = list(feature_names or [])
        self.model_version = str(model_version or "1")
        self._told = False

    def collect(self, data: "Any", user_correlation_id: str = "") -> "str | bool":
        """Append the rows of `data` (an array, a data frame, a list of rows) to today's file.

        Returns the correlation id of the rows, or False where nothing is collected.
        """
        root = environment.model_data_dir()
        if not root:
            if not self._told:
                self._told = True
                log("ModelDataCollector: set AZUREML_MODEL_DATA_DIR to a folder to collect data; nothing is collected.")
            return False
        now = time.gmtime()
        identity = user_correlation_id or os.urandom(16).hex()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", now)
        rows = [[identity, stamp] + row for row in _rows(data)]
        parts = environment.model_data_place() + (self.model_name, self.model_version, self.designation)
        day = time.strftime("%Y %m %d", now).split()
        folder = os.path.join(root, *([_safe(part) for part in parts] + day))
        try:
            self._append(folder, rows)
        except OSError as error:
            log("ModelDataCollector: the data could not be written: %s" % error)
            return False
        return identity

    def _append(self, folder: str, rows: "list[list[Any]]") -> None:
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "data.csv")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        with _lock, open(path, "ab") as file:
            if file.tell() == 0 and self.feature_names:
                writer.writerow(["$aml_dc_correlation_id", "$aml_dc_scoring_timestamp"] + self.feature_names)
            writer.writerows(rows)
            file.write(text.getvalue().encode("utf-8"))


def _safe(part: str) -> str:
    """A name as one folder: it cannot lead out of the place that it names."""
    return part.replace(os.sep, "_") if part.strip(".") else "_"


def _rows(data: "Any") -> "list[list[Any]]":
    values = data.values if hasattr(type(data), "iloc") else data
    plain = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(plain, (list, tuple)):
        return [[plain]]
    return [list(row) if isinstance(row, (list, tuple)) else [row] for row in plain]
