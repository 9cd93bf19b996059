"""Where services run. Targets never import each other; `workspace.py` holds the one table of them."""
