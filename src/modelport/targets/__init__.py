"""Where services run. Targets never import each other; `open_workspace.py` holds the one table of them."""
