"""The linter of Qt's enums: refuses short names such as ``Qt.AlignLeft``, which Qt 6 no longer has.

    python -m tests.qt_enums [--fix]

``--fix`` writes them in full, ``Qt.AlignmentFlag.AlignLeft``, which PyQt5 knows since 5.11. ``exec_``, the old name of
``exec``, is refused, too. So is what only PyQt5 can do: ``int(Qt.…)``, as not every enum of Qt 6 is a number, and
``Qt.Alignment``, its type of combined flags.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "nnviz", "tests", "packaging", "assets")


def qt_classes(tree: ast.Module) -> dict[str, type]:
    """Returns the classes that a module imports from PyQt5, by the names that it gives them."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PyQt5."):
            module = import_module(node.module or "")
            for name in node.names:
                imported = getattr(module, name.name, None)
                if isinstance(imported, type):
                    found[name.asname or name.name] = imported
    return found


def short_names(source: str) -> Iterator[tuple[int, int, str]]:
    """Yields line (from 1), column (from 0, in bytes) and text of each insertion that makes a short name full."""
    tree = ast.parse(source)
    classes = qt_classes(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.end_lineno is None or node.end_col_offset is None:
            continue
        column = node.end_col_offset - len(node.attr.encode())
        if node.attr == "exec_":
            yield node.end_lineno, node.end_col_offset - 1, "exec"
        elif isinstance(node.value, ast.Name) and node.value.id in classes:
            kind = type(getattr(classes[node.value.id], node.attr, None))
            if issubclass(kind, int) and kind.__module__.startswith("PyQt5.") and "." in kind.__qualname__:
                yield node.end_lineno, column, f"{kind.__qualname__.rpartition('.')[2]}."


def old_ways(source: str) -> Iterator[tuple[int, str]]:
    """Yields the lines (from 1) and texts of numbers made of enums and of the types of combined flags."""
    tree = ast.parse(source)
    classes = qt_classes(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int":
            if any(_is_enum(part, classes) for argument in node.args for part in _combined(argument)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in classes:
            kind = getattr(classes[node.value.id], node.attr, None)
            if isinstance(kind, type) and hasattr(kind, "__invert__") and not issubclass(kind, int):
                yield node.lineno, ast.unparse(node)


def _combined(node: ast.expr) -> Iterator[ast.expr]:
    """Yields what ``|``, ``&`` and conditions combine."""
    if isinstance(node, ast.BinOp):
        yield from _combined(node.left)
        yield from _combined(node.right)
    elif isinstance(node, ast.IfExp):
        yield from _combined(node.body)
        yield from _combined(node.orelse)
    else:
        yield node


def _is_enum(node: ast.expr, classes: dict[str, type]) -> bool:
    """Whether it is ``Qt.AlignmentFlag.AlignLeft`` or such."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
        return False
    holder = node.value.value
    kind = getattr(classes.get(holder.id), node.value.attr, None) if isinstance(holder, ast.Name) else None
    return isinstance(kind, type) and issubclass(kind, int)


def fixed(source: str) -> str:
    """Returns the source with full names."""
    lines = source.encode().splitlines(keepends=True)
    for line, column, words in sorted(short_names(source), reverse=True):
        row = lines[line - 1]
        # Of "exec_", the last letter goes; anything else is inserted.
        is_exec = words == "exec"
        lines[line - 1] = row[:column] + (b"" if is_exec else words.encode()) + row[column + is_exec :]
    return b"".join(lines).decode()


def main() -> int:
    """Prints where short names are, or writes full ones; returns 1 if there were some and they still are there."""
    parser = argparse.ArgumentParser(prog="python -m tests.qt_enums", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--fix", action="store_true", help="write full names")
    chosen = parser.parse_args()
    count = others = 0
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        found = list(short_names(source))
        count += len(found)
        if found and chosen.fix:
            path.write_text(fixed(source), encoding="utf-8")
        elif found:
            for line, _, words in sorted(found):
                print(f"{path.relative_to(ROOT)}:{line}: write {words.rstrip('.')} in full")
        for line, words in old_ways(source):
            others += 1
            print(f"{path.relative_to(ROOT)}:{line}: {words} is not for Qt 6")
    print(f"{count} short names" + (" written in full" if chosen.fix else "") + f", {others} old ways")
    return 1 if others or (count and not chosen.fix) else 0


if __name__ == "__main__":
    sys.exit(main())
