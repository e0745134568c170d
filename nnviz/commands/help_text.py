"""The layout of ``--help``, and the examples at its end."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from nnviz.program_name import program_name

# Arguments of example commands, two or more for each command and each action of ``runs``; "" is the program itself.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": ("--data spirals", "train --epochs 10 --save net.json"),
    "train": (
        "train --epochs 20 --save net.json",
        "train --data houses.csv --target price --validation-share 0.1 --patience 5",
    ),
    "sweep": (
        "sweep --vary learning-rate=0.2,0.05 --seeds 5",
        "sweep --vary learning-rate=log:0.01..1 --vary hidden=32,64,128-64 --runs 40 --validation-share 0.1",
    ),
    "evaluate": ("evaluate net.json", "evaluate net.json --data houses.csv --target price"),
    "predict": ("predict net.json rows.csv", "predict net.json seven.png two.png"),
    "export": ("export net.json net.onnx", "export net.json net.py"),
    "explain": (
        "explain net.json seven.png --out seven-explained.png",
        "explain net.json --example 3 --example 7 --method occlusion",
    ),
    "data": ("data", "data houses.csv --target price"),
    "runs": ("runs --search adam --sort test_error --ascending", "runs show 12"),
    "runs show": ("runs show 12", "runs show 12 --json"),
    "runs export": ("runs export 12 folder", "runs export 12 folder --paths --rows"),
    "runs import": ("runs import run.nnvizrun", "runs import folder/run.nnvizrun"),
    "runs delete": ("runs delete 12", "runs delete 12 13 14"),
    "runs thin": ("runs thin", "runs thin --budget 500 --yes"),
    "lesson": ("lesson my-lesson.md", "lesson check my-lesson.md", "lesson pack my-lesson.md", "lesson --names"),
    "screenshot": (
        "screenshot window.png --epochs 5 --draw --theme light",
        "screenshot runs.png --workspace runs --compare 3,5",
    ),
}


def examples_of(command: str) -> str:
    """Returns the examples of a command, as the last paragraph of its help."""
    return "\n".join(["examples:", *(f"  {program_name()} {each}" for each in EXAMPLES[command])])


class HelpFormatter(argparse.HelpFormatter):
    """Keeps the lines of a paragraph that has several, such as examples; all others are wrapped."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "".join(indent + line for line in text.splitlines(keepends=True))
