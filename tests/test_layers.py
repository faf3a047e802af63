"""The order of layers holds: a module imports lower layers, and its siblings without cycles."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "protoddfd": ROOT / "protoddfd",
    "protoddfctl": ROOT / "protoddfctl",
    "dataforms": ROOT / "templates" / "data_app" / "dataforms",
}
LONGEST_MODULE_LINES = 400

LAYERS = (
    ("wire", "spec", "errors", "settings", "log"),
    ("core",),
    ("edge", "generate", "design", "importers"),
    ("runtime",),
    ("usecases",),
    ("rpc",),
    ("main",),
)
LAYER_OF = {part: number for number, parts in enumerate(LAYERS) for part in parts}

PROGRAMS: dict[str, tuple[str, ...]] = {
    "zygote": (),
    "logger": (),
    "worker": ("wire", "spec", "errors", "settings", "core", "generate", "importers", "design"),
}
"""Programs of their own, and the parts of the daemon's package that each may import."""

MESSAGES = {
    *("protoddfd.zygote.messages", "protoddfd.zygote.channel", "protoddfd.zygote.instance_lock"),
    "protoddfd.zygote.outlets",
    *("protoddfd.logger.messages", "protoddfd.logger.names"),
    "protoddfd.worker.messages",
}
"""What the daemon and the programs agree on: a few structs, the channel, and the forms of locks and names."""

IMPURE = {
    *("os", "time", "random", "socket", "subprocess", "asyncio", "anyio", "psutil", "pathlib"),
    *("threading", "multiprocessing", "signal", "select", "secrets", "io", "tempfile", "shutil", "logging"),
}
HEAVY = (
    *("prometheus_client", "reflex", "sqlalchemy", "jinja2", "cookiecutter"),
    *("pydantic", "openai", "anthropic", "httpx2", "protoddfd.design"),
    *("protoddfd.importers", "protoddfd.generate.render"),
)


def modules() -> Iterator[tuple[str, Path]]:
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join((package, *(part for part in parts if part != "__init__"))), path


MODULES = dict(modules())


@cache
def imports_of(name: str) -> frozenset[str]:
    """Return every module that `name` imports, anywhere in it, by its full name."""
    found: set[str] = set()
    for node in _run_by(ast.parse(MODULES[name].read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                found.add(deeper if deeper in MODULES else node.module)
    return frozenset(found)


def _run_by(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node but those that only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
            yield from _run_by(child)


def ours(name: str) -> frozenset[str]:
    return frozenset(each for each in imports_of(name) if each.split(".")[0] in PACKAGES)


def part_of(name: str) -> str:
    """Return the part of protoddfd that a module belongs to: `protoddfd.core.ports` -> `core`."""
    return (*name.split("."), "", "")[1]


def in_package(package: str) -> list[str]:
    return [name for name in MODULES if name.split(".")[0] == package]


@pytest.mark.parametrize("name", in_package("protoddfd"))
def test_every_module_is_in_a_layer_or_a_program(name: str) -> None:
    assert part_of(name) in {"", *LAYER_OF, *PROGRAMS}


@pytest.mark.parametrize("name", [name for name in in_package("protoddfd") if part_of(name) in LAYER_OF])
def test_a_module_imports_no_higher_layer(name: str) -> None:
    layer = LAYER_OF[part_of(name)]
    for imported in ours(name):
        if imported.split(".")[0] == "protoddfd" and part_of(imported) and imported not in MESSAGES:
            assert part_of(imported) not in PROGRAMS, f"{name} imports a program's {imported}"
            assert LAYER_OF[part_of(imported)] <= layer, f"{name} imports the higher {imported}"


@pytest.mark.parametrize("name", [name for name in in_package("protoddfd") if part_of(name) in PROGRAMS])
def test_a_program_imports_only_what_it_may(name: str) -> None:
    allowed = {"", part_of(name), *PROGRAMS[part_of(name)]}
    for imported in ours(name):
        if imported.split(".")[0] == "protoddfd" and imported not in MESSAGES:
            assert part_of(imported) in allowed, f"{name} imports {imported}"


@pytest.mark.parametrize("name", sorted(MESSAGES & MODULES.keys()))
def test_what_they_agree_on_drags_in_nothing_else(name: str) -> None:
    above = {each for each in ours(name) if part_of(each) not in {"", *LAYERS[0]}}
    assert above <= MESSAGES


@pytest.mark.parametrize("name", in_package("protoddfctl"))
def test_the_client_imports_of_the_daemon_only_the_wire_the_spec_and_the_errors(name: str) -> None:
    for imported in ours(name):
        if imported.split(".")[0] == "protoddfd":
            assert part_of(imported) in {"wire", "spec", "errors", ""}, f"{name} imports {imported}"


@pytest.mark.parametrize("name", in_package("dataforms"))
def test_the_runtime_of_apps_imports_nothing_of_proto_ddf(name: str) -> None:
    assert all(each.split(".")[0] == "dataforms" for each in ours(name))


@pytest.mark.parametrize("name", [name for name in in_package("protoddfd") if part_of(name) == "core"])
def test_the_core_imports_nothing_that_does_anything(name: str) -> None:
    assert not {each.split(".")[0] for each in imports_of(name)} & IMPURE


def test_no_modules_import_each_other_in_a_circle() -> None:

    graph = {name: {each for each in ours(name) if each in MODULES and each != name} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_siblings_of_a_layer_form_no_circle() -> None:
    graph: dict[str, set[str]] = {part: set() for part in LAYER_OF}
    for name in in_package("protoddfd"):
        if part_of(name) in LAYER_OF:
            graph[part_of(name)] |= {part_of(each) for each in ours(name) if part_of(each) in LAYER_OF}
    for part, imported in graph.items():
        imported.discard(part)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_short_enough_to_read(name: str) -> None:
    assert len(MODULES[name].read_bytes().splitlines()) <= LONGEST_MODULE_LINES


@pytest.mark.parametrize("entry", ["protoddfd.main", "protoddfctl.cli"])
@pytest.mark.e2e
def test_the_daemon_and_the_client_load_nothing_heavy(entry: str) -> None:
    program = f"import sys, {entry}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not [name for name in loaded if name.startswith(HEAVY)]
