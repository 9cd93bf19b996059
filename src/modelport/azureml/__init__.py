"""Makes programs of the Azure ML SDK v1 run on Modelport: `import modelport.azureml`, before their own imports.

    import modelport.azureml          # first
    from azureml.core import Workspace

From then on `azureml.core` and all that belongs to it are Modelport's classes in this process, also where the real
packages are installed; nothing of theirs is touched on disk.

This is the one module of Modelport whose import does something. It is its whole purpose: the imports that follow it
must find another package, and a program's first line is the only place that comes before them. Importing it twice
changes nothing. Raises `ConflictError` (`azureml-already-imported`).
"""

from __future__ import annotations

from modelport.v1_imports.finder import install

install()
