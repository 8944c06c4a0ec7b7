"""Who may import whom, and what the left half may never touch: I/O and clocks."""

import ast
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]

# Each imports only itself and those to its left.
LAYERS = ("domain", "projections", "infra", "services")
PURE = ("domain", "projections")
OUTSIDE_THE_LAYERS = ("tests", "benchmarks")

IO_AND_CLOCK_MODULES = frozenset(
    "asyncio atexit builtins cmd code codeop concurrent configparser ctypes curses dbm faulthandler "
    "fcntl fileinput ftplib getpass glob http imaplib imp importlib io linecache locale logging mmap "
    "multiprocessing nt ntpath os pathlib pickle pkgutil platform poplib posix posixpath pty queue "
    "random resource runpy sched secrets select selectors shelve shutil signal site smtplib socket "
    "socketserver sqlite3 ssl subprocess sys syslog tempfile termios threading time timeit tracemalloc "
    "tty turtle urllib wave webbrowser xmlrpc zipfile".split()
)
IO_BUILTINS = frozenset("__import__ breakpoint compile eval exec exit help input open print quit".split())
CLOCKS_AND_CHANCE = frozenset(
    "datetime.date.today datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow "
    "uuid.getnode uuid.uuid1 uuid.uuid4".split()
)

NAMES_THAT_SAY_NOTHING = frozenset(("util", "utils", "helper", "helpers", "common", "base"))
ENDINGS_THAT_SAY_NOTHING = ("Manager", "Handler", "Processor", "Service")


def offences(path: PurePosixPath, source: str) -> list[str]:
    """A sentence for each thing the module at ``path``, seen from the root, does that its place forbids."""
    tree = ast.parse(source)
    layer = path.parts[0]
    found = [*_names(path, tree), *_imports(layer, tree)]
    if path.name == "__init__.py":
        found += _init(tree)
    if layer in PURE:
        found += [*_clocks(tree), *_builtins(symtable.symtable(source, str(path), "exec"))]
    return [f"{path}: {offence}" for offence in found]


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every line that imports, with the full name that it imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _imports(layer: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno} imports relatively"
    if layer not in LAYERS:
        return
    to_the_right = LAYERS[LAYERS.index(layer) + 1 :]
    for line, name in _imported(tree):
        top = name.partition(".")[0]
        if top in to_the_right:
            yield f"line {line} imports {top}, which lies to the right of {layer}"
        elif top in OUTSIDE_THE_LAYERS:
            yield f"line {line} imports {top}, which is no part of the service"
        elif layer not in PURE or top in LAYERS:
            continue
        elif top not in sys.stdlib_module_names:
            yield f"line {line} imports {top}, which is outside the standard library"
        elif top in IO_AND_CLOCK_MODULES:
            yield f"line {line} imports {top}: {layer} has no I/O, no clock and no chance"
        elif name in CLOCKS_AND_CHANCE:
            yield f"line {line} imports {name}: {layer} has no I/O, no clock and no chance"


def _clocks(tree: ast.Module) -> Iterator[str]:
    """Reads of a clock under any name that it was imported by, whether called or passed on."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            written = ast.unparse(node)
            first, dot, rest = written.partition(".")
            if imported.get(first, first) + dot + rest in CLOCKS_AND_CHANCE:
                yield f"line {node.lineno} uses {written}: time is an argument"


def _builtins(table: symtable.SymbolTable, at_top: frozenset[str] | None = None) -> Iterator[str]:
    """Uses of a built-in that reaches outside, unless the module gives that name a meaning of its own."""
    if at_top is None:
        at_top = frozenset(s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported())
    for symbol in table.get_symbols():
        name = symbol.get_name()
        own = symbol.is_local() and (symbol.is_assigned() or symbol.is_parameter() or symbol.is_imported())
        if name in IO_BUILTINS - at_top and symbol.is_referenced() and not own and not symbol.is_free():
            yield f"{table.get_type()} {table.get_name()} uses {name}: no I/O here"
    for child in table.get_children():
        yield from _builtins(child, at_top)


def _names(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for part in (*path.parent.parts, path.stem):
        if part in NAMES_THAT_SAY_NOTHING:
            yield f"the name {part} does not say what is inside"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith(ENDINGS_THAT_SAY_NOTHING):
            yield f"line {node.lineno} names a class {node.name}, which does not say what it does"


def _init(tree: ast.Module) -> Iterator[str]:
    if any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in tree.body):
        yield "an __init__.py holds a line of documentation at most: nothing is exported twice"


def modules() -> list[PurePosixPath]:
    """Every module of ours, seen from the root."""
    folders = [ROOT / name for name in (*LAYERS, *OUTSIDE_THE_LAYERS)]
    return sorted(
        PurePosixPath(path.relative_to(ROOT).as_posix())
        for folder in folders
        for path in folder.rglob("*.py")
    )


def test_every_module_keeps_to_its_place():
    assert [offence for path in modules() for offence in offences(path, (ROOT / path).read_text())] == []


def test_the_check_reads_every_layer():
    assert {path.parts[0] for path in modules()} >= {*LAYERS, "tests"}


def test_schemas_hold_no_code():
    assert list((ROOT / "schemas").rglob("*.py")) == []


BAD = {
    "to the right of domain": ("domain/a.py", "from projections.timeline import entries"),
    "to the right of projections": ("projections/a.py", "import infra.codec"),
    "to the right of infra": ("infra/log/a.py", "def read():\n    from services.record import record"),
    "no part of the service": ("services/a.py", "from tests.invented import child"),
    "imports relatively": ("services/a.py", "from . import clocks"),
    "imports relatively ": ("tests/domain/a.py", "from .invented import child"),
    "imports msgspec, which is outside the standard library": ("domain/a.py", "import msgspec"),
    "imports os:": ("domain/a.py", "import os.path as p"),
    "imports time:": ("projections/a.py", "from time import monotonic"),
    "imports random:": ("domain/a.py", "if True:\n    import random"),
    "imports logging:": ("domain/a.py", "import logging"),
    "imports pathlib:": ("domain/a.py", "from pathlib import Path"),
    "imports sqlite3:": ("projections/a.py", "import sqlite3"),
    "imports socket:": ("domain/a.py", "import socket"),
    "imports subprocess:": ("domain/a.py", "import subprocess"),
    "imports uuid.uuid4:": ("domain/a.py", "from uuid import uuid4"),
    "uses uuid.uuid1:": ("domain/a.py", "import uuid\nuuid.uuid1()"),
    "uses datetime.now:": ("domain/a.py", "from datetime import datetime\ndatetime.now()"),
    "uses dt.datetime.utcnow:": ("domain/a.py", "import datetime as dt\ndt.datetime.utcnow()"),
    "uses Day.today:": ("domain/a.py", "from datetime import date as Day\nread = Day.today"),
    "uses datetime.datetime.today:": ("projections/a.py", "import datetime\ndatetime.datetime.today()"),
    "function read uses open:": ("domain/a.py", "def read():\n    return open('x')"),
    "module top uses print:": ("domain/a.py", "print('x')"),
    "function ask uses input:": ("projections/a.py", "class C:\n    def ask(self):\n        return input()"),
    "function load uses __import__:": ("domain/a.py", "def load():\n    __import__('os')"),
    "the name utils": ("services/utils.py", ""),
    "the name common": ("infra/common/log.py", ""),
    "the name helpers": ("tests/helpers.py", ""),
    "names a class ClockManager": ("services/a.py", "class ClockManager: ..."),
    "names a class FactHandler": ("infra/a.py", "def f():\n    class FactHandler: ..."),
    "names a class RowProcessor": ("domain/a.py", "class RowProcessor: ..."),
    "names a class TimelineService": ("services/a.py", "class TimelineService: ..."),
    "nothing is exported twice": (
        "infra/__init__.py",
        '"""Outside things."""\nfrom infra.codec import Codec',
    ),
}


@pytest.mark.parametrize(("says", "path", "source"), [(says, *bad) for says, bad in BAD.items()], ids=BAD)
def test_a_module_that_leaves_its_place_is_found(says, path, source):
    (offence,) = offences(PurePosixPath(path), source)
    assert says.strip() in offence


GOOD = {
    "leftwards": ("services/a.py", "from infra.codec import Codec\nfrom projections.timeline import entries"),
    "within a layer": ("domain/a.py", "from domain.moment import Moment"),
    "standard library": (
        "domain/a.py",
        "import bisect\nfrom datetime import date, datetime\nfrom uuid import uuid5",
    ),
    "time as an argument": ("domain/a.py", "def read(today, now):\n    return today, now()"),
    "a field called now": ("domain/a.py", "def change(fact):\n    return fact.was, fact.now, fact.today"),
    "a word of our own": (
        "domain/a.py",
        "def count(clocks):\n    open = [c for c in clocks]\n    return len(open)",
    ),
    "a word of an outer function": (
        "domain/a.py",
        "def f():\n    open = 1\n    def g():\n        return open",
    ),
    "I/O to the right": (
        "infra/a.py",
        "import os, random\nfrom datetime import datetime\ndatetime.now()\nopen('x')",
    ),
    "a documented package": ("infra/__init__.py", '"""Outside things."""'),
}


@pytest.mark.parametrize(("path", "source"), GOOD.values(), ids=GOOD)
def test_a_module_in_its_place_is_left_alone(path, source):
    assert offences(PurePosixPath(path), source) == []
