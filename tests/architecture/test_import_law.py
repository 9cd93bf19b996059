"""Who may import whom, and that nobody imports in a circle.

An import that only a type checker sees (`if TYPE_CHECKING:`) cannot make a circle at run time and is left out of that
test; the law counts it, because to know a type of another layer is to know that layer. An import inside a function
counts in both: hidden is not absent.
"""

from __future__ import annotations

import sys

LEAVES = {
    "errors", "v1_errors", "v1_kinds", "engine_errors", "naming", "process", "process_table", "settings", "events",
    "exits", "kubeconfig", "manifest", "units",
}  # fmt: skip
SHARED = LEAVES | {"storage"}
KINDS = {"registry", "environments", "services"}

# Unit -> units that it may import besides itself. A dotted name allows that one module alone.
LAW: dict[str, set[str]] = {
    "v1_errors": set(),
    "errors": {"v1_errors"},  # Modelport's errors are also what v1 programs catch
    **{leaf: {"errors", "v1_errors", "v1_kinds"} for leaf in LEAVES - {"errors", "v1_errors"}},
    "process": {"errors", "process_table"},  # what it starts detached is known by its place in the process table
    "worker": set(),
    "autoscaling": set(),
    "storage": LEAVES,
    "registry": SHARED,
    "environments": SHARED,
    "images": SHARED | {"registry", "environments"},
    "measuring": LEAVES,
    "services": SHARED | {"registry", "images", "measuring"},
    "targets": LEAVES | {"services"},
    "server": LEAVES | {"worker.wire", "autoscaling"},
    "diagnosis": LEAVES | KINDS | {"images", "targets", "autoscaling"},
    "open_workspace": SHARED | KINDS | {"images", "targets", "autoscaling", "diagnosis", "measuring", "supplies"},
    "workspace": SHARED | {"open_workspace", "registry"},
    # The worker's look at a script (text in, complaint out) is passed on to the services as a phase of a rollout.
    "supplies": SHARED | KINDS | {"images", "worker.check", "worker.problem"},
    "sdk": LEAVES | KINDS | {"images", "measuring", "workspace"},
    # `modelport serve` and `modelport explain` work without a workspace: the door starts the server itself.
    "cli": LEAVES
    | KINDS
    | {"images", "workspace", "sdk", "diagnosis", "server", "autoscaling", "v1_imports", "migration", "(root)"},
    "portal": LEAVES | KINDS | {"images", "workspace"},
    # The table names classes of `sdk` and of the worker's stand-ins as text; what it says is absent, `sdk` explains.
    "v1_imports": {"sdk", "errors", "v1_errors", "worker.shims"},
    "migration": {"errors", "v1_imports", "sdk"},
    "azureml": {"v1_imports"},
    "explanations": set(),
    "__main__": {"cli"},
    "(root)": {"sdk", "errors"},
}
# The worker is copied beside the user's code under this name, so it must not name itself `modelport.worker`.
WORKER_AT_RUN_TIME = "_modelport_worker"
# The two that import by name: a package that the user's environment may have, and a shim that stands in for one.
IMPORTS_BY_NAME = {"modelport.worker.optional", "modelport.worker.shims.finder"}
# Parts of a package, the lowest first: each may import those before it, and modules of the package that are no part.
PARTS = {"images": ("build", "recipe", "contents", "registries")}
TARGET_FAMILIES = ("local", "container", "kubernetes")


def own_imports(modules):
    """Every import of one module of ours by another: (importer, imported name, Import)."""
    known = {module.name for module in modules}
    for module in modules:
        lines = {}
        for found in module.imports:
            if found.target in known and found.target != module.name:
                lines.setdefault(found.line, []).append(found)
        for imports in lines.values():
            yield from ((module, found) for found in imports if not _is_only_on_the_way(found, imports))


def _is_only_on_the_way(found, imports):
    """`from modelport.a import b` names `modelport.a` only to reach the module `modelport.a.b`."""
    return any(other.target.startswith(f"{found.target}.") for other in imports)


def law_violations(modules):
    problems = []
    for module, found in own_imports(modules):
        if module.unit not in LAW:
            problems.append(f"{module.name}: the import law has no line for '{module.unit}'")
            continue
        names = found.target.split(".")[1:]
        unit = names[0] if names else "(root)"
        allowed = LAW[module.unit] | {module.unit}
        if unit not in allowed and ".".join(names) not in allowed:
            problems.append(f"{module.where(found.line)} imports {found.target}; allowed: {sorted(allowed)}")
    return problems


def part_violations(modules):
    """Imports from a lower part of a package to a higher one."""
    problems = []
    for module, found in own_imports(modules):
        order = PARTS.get(module.unit, ())
        mine, other = module.name.split(".")[2:3], found.target.split(".")[2:3]
        same_package = found.target.startswith(f"modelport.{module.unit}.")
        if same_package and mine and other and mine[0] in order and other[0] in order[order.index(mine[0]) + 1 :]:
            problems.append(f"{module.where(found.line)}: part '{mine[0]}' imports the higher part '{other[0]}'")
    return problems


def target_violations(modules):
    problems = []
    for module, found in own_imports(modules):
        mine, other = _target_family(module.name), _target_family(found.target)
        if mine and other and mine != other:
            problems.append(f"{module.where(found.line)}: target '{mine}' imports target '{other}'")
    return problems


def _target_family(name):
    names = name.split(".")
    if names[1:2] != ["targets"] or len(names) < 3:
        return ""
    return next((family for family in TARGET_FAMILIES if names[2].startswith(family)), "")


def cycles(modules):
    """Groups of modules that import each other in a circle (strongly connected, by repeated pruning of the ends)."""
    edges = {module.name: set() for module in modules}
    for module, found in own_imports(modules):
        if not found.only_types:
            edges[module.name].add(found.target)
    while True:
        imported = set().union(*edges.values()) if edges else set()
        ends = {name for name, targets in edges.items() if not targets & edges.keys() or name not in imported}
        if not ends:
            return edges
        edges = {name: targets - ends for name, targets in edges.items() if name not in ends}


def foreign_imports(modules):
    """Imports by the worker of anything that is neither the standard library nor a relative import of its own."""
    problems = []
    for module in modules:
        if module.unit != "worker":
            continue
        for found in module.imports:
            top = found.target.split(".")[0]
            ours = found.target.startswith("modelport.worker") and not found.absolute
            if top not in sys.stdlib_module_names and top != WORKER_AT_RUN_TIME and not ours:
                problems.append(f"{module.where(found.line)} imports {found.target}")
    return problems


def imports_by_name(modules):
    """Modules of the worker that import by a computed name, where the law above cannot see what they import."""
    words = ("import_module", "__import__")
    return [
        module.name
        for module in modules
        if module.unit == "worker" and module.name not in IMPORTS_BY_NAME and any(word in module.text for word in words)
    ]


def test_every_import_is_allowed_by_the_law(modules):
    assert law_violations(modules) == []


def test_lower_parts_of_a_package_do_not_import_higher_ones(modules):
    assert part_violations(modules) == []


def test_an_import_of_a_higher_part_is_found(invent):
    build = invent("modelport.images.build.builder", "from modelport.images.recipe import plan\n")
    others = [invent(name, "") for name in ("modelport.images.recipe", "modelport.images.recipe.plan")]
    assert len(part_violations([build, *others])) == 1
    plan = invent("modelport.images.recipe.plan", "from modelport.images.build import builder\n")
    assert part_violations([plan, invent("modelport.images.build.builder", "")]) == []


def test_targets_do_not_import_each_other(modules):
    assert target_violations(modules) == []


def test_no_module_imports_itself_in_a_circle(modules):
    assert cycles(modules) == {}


def test_worker_imports_only_the_standard_library_and_its_own_siblings(modules):
    assert foreign_imports(modules) == []


def test_worker_imports_by_name_in_two_places_alone(modules):
    assert imports_by_name(modules) == []


def test_law_refuses_an_import_hidden_in_a_function(invent):
    server = invent("modelport.server.app", "def start():\n    from modelport import registry\n")
    registry = invent("modelport.registry", "")
    assert len(law_violations([server, registry, invent("modelport", "")])) == 1


def test_law_refuses_an_import_for_types_alone(invent):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import modelport.targets.local\n"
    modules = [invent("modelport.services.rollout", text), invent("modelport.targets.local", "")]
    assert len(law_violations(modules)) == 1


def test_law_lets_the_server_import_only_the_wire_of_the_worker(invent):
    server = invent("modelport.server.pool", "from modelport.worker import wire\nfrom modelport.worker import loop\n")
    others = [invent(f"modelport.worker{name}", "") for name in ("", ".wire", ".loop")]
    assert [problem.split(";")[0] for problem in law_violations([server, *others])] == [
        "modelport.server.pool:2 imports modelport.worker.loop"
    ]


def test_law_refuses_a_part_it_does_not_know(invent):
    modules = [invent("modelport.helpers", "import modelport.errors"), invent("modelport.errors", "")]
    assert law_violations(modules) == ["modelport.helpers: the import law has no line for 'helpers'"]


def test_targets_that_import_each_other_are_found(invent):
    local = invent("modelport.targets.local", "from modelport.targets.container import run\n")
    assert len(target_violations([local, invent("modelport.targets.container", "")])) == 1


def test_a_circle_through_a_function_is_found(invent):
    first = invent("modelport.registry.a", "import modelport.registry.b\n")
    second = invent("modelport.registry.b", "def f():\n    from . import a\n")
    assert set(cycles([first, second, invent("modelport.registry.c", "from . import a")])) == {first.name, second.name}


def test_a_circle_of_types_alone_is_no_circle(invent):
    first = invent("modelport.registry.a", "import modelport.registry.b\n")
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import a\n"
    second = invent("modelport.registry.b", text)
    assert cycles([first, second]) == {}


def test_worker_with_a_package_of_the_server_is_found(invent):
    assert foreign_imports([invent("modelport.worker.loop", "def f():\n    import numpy\n")])
    assert foreign_imports([invent("modelport.worker.loop", "from modelport.worker import wire\n")])
    assert foreign_imports([invent("modelport.worker.loop", "import json\nfrom . import wire\n")]) == []


def test_worker_that_imports_by_name_is_found(invent):
    assert imports_by_name([invent("modelport.worker.loop", "importlib.import_module('numpy')")])
