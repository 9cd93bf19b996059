"""The part of Modelport that runs in the user's Python: standard library only, Python 3.6 and later.

The folder is started where it lies, by path, as the private package `_modelport_worker`; so every import in it is
relative, and nothing of ours is on the search path of user code.
"""
