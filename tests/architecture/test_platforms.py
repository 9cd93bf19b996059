"""Every module but those of a running service can be imported on every system: nothing of Unix alone at the top."""

from __future__ import annotations

import ast

UNIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty", "uvloop"}
OF_A_RUNNING_SERVICE = ("modelport.server.", "modelport.worker.")


def taken_at_import(module):
    """Modules that only Unix has and that `module` imports as it is loaded, within functions left out."""
    waiting = list(module.tree.body)
    found = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += ast.iter_child_nodes(node)
    return found & UNIX_ONLY


def test_nothing_of_unix_alone_is_imported_as_a_module_is_loaded(modules):
    asked = [module for module in modules if not module.name.startswith(OF_A_RUNNING_SERVICE)]
    assert {module.name: taken_at_import(module) for module in asked if taken_at_import(module)} == {}


def test_the_rule_sees_an_import_at_the_top_and_not_one_in_a_function(invent):
    assert taken_at_import(invent("modelport.events", "if True:\n    import fcntl\n")) == {"fcntl"}
    assert taken_at_import(invent("modelport.events", "def lock():\n    import fcntl\n")) == set()
