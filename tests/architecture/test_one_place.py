"""What only one module may do: start programs, read the environment, print; and what none may do."""

from __future__ import annotations

import ast
import re

STARTS_PROGRAMS = {"modelport.process"}
# Scripts that are served like a user's own: they run in the worker, and are imported by nobody here.
TEMPLATES = {f"modelport.services.nocode.{name}_script" for name in ("scikit_learn", "onnx")}
READS_ENVIRONMENT = {"modelport.settings", "modelport.worker.environment", *TEMPLATES}
PRINTS = re.compile(r"modelport\.(sdk|cli)(\.|$)|modelport\.worker\.(stdio|streams|output)$")

PROGRAM_MODULES = {"subprocess", "multiprocessing", "pty"}
PROGRAM_CALLS = re.compile(
    r"(os|posix)\.(exec\w*|fork|forkpty|spawn\w*|posix_spawnp?|system|popen)$"
    r"|.*\.?(create_subprocess_(exec|shell)|subprocess_(exec|shell)|ProcessPoolExecutor)$"
)
ENVIRONMENT = re.compile(r"os\.(environb?|getenvb?|putenv|unsetenv)$")


def dotted(node):
    """`a.b.c` of a chain of attributes that begins with a name, else the last attribute alone."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


def uses(module, pattern):
    """Places where a module names something that matches: as a chain of attributes or `from module import name`."""
    names = [(dotted(node), node.lineno) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)]
    names += [(found.target, found.line) for found in module.imports if not found.only_types]
    return [f"{module.where(line)} uses {name}" for name, line in names if pattern.match(name)]


def program_starts(module):
    imported = [
        f"{module.where(found.line)} imports {found.target}"
        for found in module.imports
        if not found.only_types and found.target.split(".")[0] in PROGRAM_MODULES
    ]
    return imported + uses(module, PROGRAM_CALLS)


def shell_strings(module):
    return [
        f"{module.where(node.value.lineno)} passes shell="
        for node in ast.walk(module.tree)
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]


def asserts(module):
    return [module.where(node.lineno) for node in ast.walk(module.tree) if isinstance(node, ast.Assert)]


def prints(module):
    return [
        f"{module.where(node.lineno)} prints"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def everywhere(modules, rule, allowed=frozenset()):
    return [problem for module in modules if module.name not in allowed for problem in rule(module)]


def test_only_process_starts_programs(modules):
    assert everywhere(modules, program_starts, STARTS_PROGRAMS) == []


def test_only_settings_and_the_reader_of_the_worker_read_the_environment(modules):
    assert everywhere(modules, lambda module: uses(module, ENVIRONMENT), READS_ENVIRONMENT) == []


def test_no_program_is_started_through_a_shell(modules):
    assert everywhere(modules, shell_strings) == []


def test_no_assert_guards_anything(modules):
    assert everywhere(modules, asserts) == []


def test_only_the_doors_print(modules):
    assert everywhere([module for module in modules if not PRINTS.match(module.name)], prints) == []


def test_every_way_to_start_a_program_is_found(invent):
    ways = [
        "import subprocess",
        "def f():\n    from subprocess import run",
        "from concurrent.futures import ProcessPoolExecutor",
        "import os\nos.execv('a', [])",
        "import os\nos.posix_spawn('a', [], {})",
        "from os import system",
        "import asyncio\nasyncio.create_subprocess_exec('a')",
        "async def f(loop):\n    await loop.subprocess_shell(None, 'a')",
        "import multiprocessing.pool",
    ]
    assert [way for way in ways if not program_starts(invent("modelport.server.x", way))] == []


def test_types_of_subprocess_may_be_named(invent):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import subprocess\n"
    assert program_starts(invent("modelport.server.x", text)) == []


def test_every_way_to_read_the_environment_is_found(invent):
    ways = ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
    assert [way for way in ways if not uses(invent("modelport.server.x", way), ENVIRONMENT)] == []


def test_shell_assert_and_print_are_found(invent):
    module = invent("modelport.server.x", "run('a b', shell=True)\nassert run\nprint('a')\n")
    assert [len(rule(module)) for rule in (shell_strings, asserts, prints)] == [1, 1, 1]
