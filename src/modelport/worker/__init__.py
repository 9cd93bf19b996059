"""The part of Modelport that runs in the user's Python: standard library only, Python 3.6 and later.

The folder is copied as one private package `_modelport_worker` and started there, so every import in it is relative.
"""
