"""The house keeps its sizes: short functions, short files, few arguments, shallow nesting; no clock outside the door."""

from __future__ import annotations

import ast
import functools
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
FILES = [ROOT / name for name in TRACKED if (ROOT / name).exists() and "/migrations/" not in name]
PRODUCT = [f for f in FILES if f.relative_to(ROOT).parts[0] not in ("tests", "bench")]
CLOCKS = {"utcnow", "now", "today", "time"}
MAY_READ_THE_CLOCK = {"data_access/clock.py"}
pytestmark = pytest.mark.skipif(not FILES, reason="needs the git checkout")


@functools.cache
def tree(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the file, parsed once for all tests."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@functools.cache
def functions(path: Path) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
    return tuple(node for node in tree(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


def test_functions_are_short():
    sizes = sorted((length(node), f"{path.relative_to(ROOT)}:{node.lineno} {node.name}") for path in PRODUCT for node in functions(path))
    assert [row for row in sizes if row[0] > 50] == []
    lengths = [size for size, _ in sizes]
    assert statistics.median(lengths) <= 8
    assert statistics.quantiles(lengths, n=10)[-1] <= 25


def test_files_are_short():
    assert [(n, str(path)) for path in FILES if (n := path.read_text().count("\n")) > 400] == []


def positional(node: ast.FunctionDef) -> int:
    arguments = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
    return len(arguments) - len(node.args.defaults)


def test_at_most_four_positional_arguments():
    assert [f"{path.relative_to(ROOT)}:{n.lineno} {n.name}" for path in PRODUCT for n in functions(path) if positional(n) > 4] == []


NESTING = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)


def depth(node: ast.AST, level: int = 0) -> int:
    """Blocks inside blocks; an elif is not a level, nor is a nested function's own body."""
    deepest = level
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, depth(child, level + (isinstance(child, NESTING) and not is_elif)))
    return deepest


def test_nesting_is_at_most_three():
    assert [f"{path.relative_to(ROOT)}:{n.lineno} {n.name}" for path in PRODUCT for n in functions(path) if depth(n) > 3] == []


def clock_reads(path: Path):
    for node in tree(path):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id in ("datetime", "date", "time"):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_the_clock_reads_the_clock():
    found = [row for path in PRODUCT for row in clock_reads(path) if row.rsplit(":", 1)[0] not in MAY_READ_THE_CLOCK]
    assert found == []


@pytest.mark.parametrize("word", ["Manager", "Service", "Handler", "Helper", "Util", "Core"])
def test_names_say_what_a_thing_is(word):
    named = [
        f"{path.relative_to(ROOT)} {node.name}"
        for path in PRODUCT
        for node in tree(path)
        if isinstance(node, ast.ClassDef) and node.name.endswith(word)
    ]
    assert named == []


@functools.cache
def imported(path: Path) -> set[str]:
    nodes = tree(path)
    plain = {alias.name.split(".")[0] for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return plain | {n.module.split(".")[0] for n in nodes if isinstance(n, ast.ImportFrom) and n.module}


def test_the_two_doors_are_on_top():
    """What import-linter cannot see, because app.py and worker.py are modules: who may import them, and what they import."""
    importers = {str(p.relative_to(ROOT)) for p in PRODUCT if "app" in imported(p)}
    assert importers == set()
    assert {str(p.relative_to(ROOT)).split("/")[0] for p in PRODUCT if "worker" in imported(p)} <= {"app.py", "api", "cli"}
    assert "streamlit" not in imported(ROOT / "worker.py")
    assert not imported(ROOT / "worker.py") & {"pages", "components", "app", "cli"}


def test_no_unfinished_marks():
    marks = ("TO" + "DO", "FIX" + "ME", "XXX", "not " + "implemented")
    assert [f"{path.relative_to(ROOT)}: {mark}" for path in PRODUCT for mark in marks if mark in path.read_text()] == []
