"""The numpy script of a network; that of drawn digits cuts them out of photographs as the window does."""

from __future__ import annotations

from pathlib import Path

from engine import storage
from engine.image_files import reads_drawings
from engine.network.network import Network


def export_script(network: Network, path: str | Path) -> None:
    """Writes the script, see :func:`engine.storage.export_script`; with a reader of image files for drawn digits."""
    storage.export_script(network, path, _reader() if reads_drawings(network) else "")


def _reader() -> str:
    """The text of :mod:`nnviz.digits.photograph` without its imports and types, which the script does not need."""
    import ast  # imported here, so that the window starts sooner
    from importlib import resources

    source = resources.files("nnviz.digits").joinpath("photograph.py").read_text("utf-8")
    lines, tree = source.splitlines(), ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
            head = slice(node.lineno - 1, node.body[0].lineno - 1)
            lines[head] = [f"def {node.name}({ast.unparse(node.args)}):"] + [""] * (head.stop - head.start - 1)
    first = next(node for node in tree.body if isinstance(node, ast.Assign))
    return "\n".join(lines[first.lineno - 1 :])
