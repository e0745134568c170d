"""The linter of words: reads every text that a user sees, and reports phrases that are not plain English.

    python -m tests.words [--report]

The texts are the string literals of ``engine`` and ``nnviz`` that have a blank (no docstrings, no code), the Markdown
files, and the texts of the presets. Of the tests, each line is a text: names, docstrings and comments describe what
nnviz does.
A phrase of ``FORBIDDEN`` fails the check. ``--report`` also lists words that often have a better one, long sentences
and long literals, for a reader to judge.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "nnviz/*.md", "packaging/*.md"),
    *("assets/*.md", "assets/guide/*.md", "assets/lessons/*.md"),
)
PRESETS = "assets/presets/*.json"
PACKAGES = ("engine", "nnviz")
WORDS_OF_A_SENTENCE = 25  # more are listed
CHARACTERS_OF_A_TOOLTIP = 160  # more are listed

# Phrases that are never plain, and what to write instead.
FORBIDDEN = {
    r"tolds?\b": "shown, reported",
    r"anew": "again, from scratch",
    r"so many": "N, at most N",
    r"(held|set) aside": "held out",
    r"under way": "in progress, running",
    r"put into the window": "open",
    r"com(e|es|ing) along": "included",
    r"(was|is|be|mere|only|nothing but) luck": "chance",
    r"counts? as real": "significant",
}
# Words that often have a better one.
DOUBTFUL = {
    r"a person|somebody|nobody|who asks|one's": "you, the user",
    r"a training|trainings": "run",
    r"(test|training|validation) part": "set",
    r"answers?|answered": "prediction, predicted class, output",
    r"asked about|asks about": "input",
    r"pictures?": "image",
    r"moments?": "snapshot, epoch",
    r"go(es)? on|going on|went on": "resume, continue",
    r"broken off": "stopped, interrupted",
    r"first weights": "initial weights",
    r"usual(ly)?": "default",
    r"room|may take": "storage, limit",
    r"spread": "standard deviation, range",
    r"disturb\w*": "perturbation",
    r"hopeless": "unpromising",
    r"sure(st)?": "confident",
    r"to the bit": "bit-identical",
    r"tells?": "show, report",
    r"goes along|brings? along": "included",
    r"by heart": "overfitting, memorise",
    r"what is": "",
}


# Literals that are code: functions of the exported script, and SQL.
_CODE = re.compile(r"^ *(def \w+\(|rows = |CREATE |SELECT |INSERT INTO |UPDATE |DELETE FROM |WITH$)", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """A text that a user sees, with its place."""

    place: str
    words: str


def texts_of_code(path: Path) -> Iterator[Text]:
    """Yields the string literals of a module that have a blank, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in docstrings or id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value
        else:
            continue
        if " " in words.strip() and re.search(r"[a-z]", words) and not _CODE.search(words):
            yield Text(f"{path.relative_to(ROOT)}:{node.lineno}", words)


def texts_of_document(path: Path) -> Iterator[Text]:
    """Yields the paragraphs of a Markdown file, without fenced blocks."""
    line, fenced, words = 1, False, []
    for number, row in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if row.startswith("```"):
            fenced = not fenced
        if not row.strip() or fenced or re.match(r"(```|[-|*#]|\d+\. )", row.lstrip()):
            if words:
                yield Text(f"{path.relative_to(ROOT)}:{line}", " ".join(words))
            words = []
        if row.strip() and not fenced and not row.startswith("```"):
            line = line if words else number
            words.append(re.sub(r"`[^`]*`|\]\([^)]*\)|<[^>]*>", "", row.strip()))


def texts_of_json(path: Path) -> Iterator[Text]:
    """Yields the texts of a JSON file that have a blank, at any depth."""

    def parts(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            for part in value.values() if isinstance(value, dict) else value:
                yield from parts(part)

    rows = path.read_text(encoding="utf-8").splitlines()
    for words in parts(json.loads("\n".join(rows))):
        if " " in words:
            line = next(number for number, row in enumerate(rows, 1) if json.dumps(words, ensure_ascii=False) in row)
            yield Text(f"{path.relative_to(ROOT)}:{line}", words)


def texts_of_test(path: Path) -> Iterator[Text]:
    """Yields the lines of a module, with the words of its names: ``is_shown`` is "is shown"."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield Text(f"{path.relative_to(ROOT)}:{number}", line.replace("_", " "))


def all_texts() -> Iterator[Text]:
    """Yields every text that a user sees."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from texts_of_code(path)
    for pattern in DOCUMENTS:
        for path in sorted(ROOT.glob(pattern)):
            yield from texts_of_document(path)
    for path in sorted(ROOT.glob(PRESETS)):
        yield from texts_of_json(path)


def found(texts: list[Text], phrases: dict[str, str]) -> Iterator[str]:
    """Yields a line for each phrase in a text."""
    for text in texts:
        for phrase, better in phrases.items():
            for match in re.finditer(rf"\b({phrase})\b", text.words, re.IGNORECASE):
                around = text.words[max(0, match.start() - 30) : match.end() + 30].replace("\n", " ")
                yield f"{text.place}: “{match[0]}” in “…{around}…”" + (f": write {better}" if better else "")


def sentences(text: Text) -> list[str]:
    """Returns the sentences of a text."""
    return re.split(r"(?<=[.!?:;])\s+", text.words)


def main() -> int:
    """Prints what was found; returns 1 if a forbidden phrase was."""
    parser = argparse.ArgumentParser(prog="python -m tests.words", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--report", action="store_true", help="list doubtful words and long texts, too")
    chosen = parser.parse_args()
    texts = list(all_texts())
    tests = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__)]
    lines = [text for path in tests for text in texts_of_test(path)]
    failures = list(found([*texts, *lines], FORBIDDEN))
    print("\n".join(failures))
    if chosen.report:
        doubtful = list(found(texts, DOUBTFUL))
        print("\n".join(doubtful))
        counted = [(len(sentence.split()), text.place, sentence) for text in texts for sentence in sentences(text)]
        long = sorted((each for each in counted if each[0] > WORDS_OF_A_SENTENCE), reverse=True)
        print("\n".join(f"{place}: {count} words: {words}" for count, place, words in long))
        tips = [each for each in texts if len(each.words) > CHARACTERS_OF_A_TOOLTIP and ".py:" in each.place]
        print("\n".join(f"{each.place}: {len(each.words)} characters: {each.words}" for each in tips))
        print(f"{len(doubtful)} doubtful words, {len(long)} long sentences, {len(tips)} long literals")
    print(f"{len(texts)} texts, {len(lines)} lines of tests, {len(failures)} forbidden phrases")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
