"""Hostile lessons: damaged, huge and nested texts, what leads out of the folder, packed files and images."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QTextDocument
from PyQt5.QtWidgets import QApplication

from nnviz.lessons.catalogue import Catalogue
from nnviz.lessons.document import Lesson, Question, read_lesson
from nnviz.lessons.included import included_lessons
from nnviz.lessons.package import unpack
from nnviz.lessons.progress import progress_from
from nnviz.window.lesson.report import report_html
from nnviz.window.lesson.text_view import image_at
from nnviz.window.lesson.worksheet import worksheet_html
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes, odd_document, odd_name
from tests.hostile.files import refused
from tests.hostile.pictures import damaged_picture
from tests.nnviz.lessons.helpers import EXAMPLE

_SECRET = "the secret of the file outside"
_LONGEST_MESSAGE = 1500
_DEEP = 5000
_TAGS = frozenset(
    (
        *("p", "em", "strong", "code", "pre", "a", "img", "ul", "ol", "li", "blockquote", "hr", "br"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    )
)
_ATTRIBUTES = frozenset(("href", "src", "alt", "title", "class", "start", "style"))
# What is put into the text of a lesson; {} is the path of a file outside of its folder. The first ones can be shown.
_SHOWN = (
    "<script>alert(1)</script>",
    '<img src="{}" onerror="x">',
    "<{}>",
    ">" * _DEEP + " x",
    "[" * _DEEP,
    "*" * _DEEP + "x" + "*" * _DEEP,
    "![" * _DEEP + "](x)" * _DEEP,
    "&#0; &#xD800; &NoSuch; \u202e\ufeff",
    "| a |\n| - |\n" + "| x |\n" * 1_500,
    '[x](https://host/"onclick=x)',
    '![x](images/curve.png ""onerror=x")',
)
_SNIPPETS: tuple[str, ...] = (
    "![x](../secret.png)",
    "![x]({})",
    "![x](file://{})",
    "![x](https://host/x.png)",
    "![x](%2e%2e/secret.png)",
    "![x](..%5csecret.png)",
    "![x](\\\\host\\share\\x.png)",
    "![x](C:/secret.png)",
    "![x](images/curve.png/../../../secret.png)",
    "![x](qrc:/x.png)",
    "![x](data:image/png;base64,AAAA)",
    "[x](javascript:alert(1))",
    "[x](file://{})",
    "[x](http://host)",
    "[x][y]\n\n[y]: {}",
    "```do\nopen {}\n```",
    "```do\nopen ../secret.png\n```",
    "```do\ndraw ..\\secret.png\n```",
    "```do\npreset ../secret.json\n```",
    "```do\ntrain 100000000000000000000000 epochs\n```",
    "```do\nset hidden = 1000000000, 1000000000\n```",
    "```do\nset learning-rate = NaN\n```",
    "```goal\n" + "(" * 300 + "answered" + ")" * 300 + "\n```",
    "```goal\n" + "not " * 500 + "answered\n```",
    "```goal\nepoch > 1e999999\n```",
    "```goal\nepoch >= 1 or __import__('os').system('x')\n```",
    "- " * _DEEP + "x",
    "`" * _DEEP,
    "x" * 300_000,
    "## Again {#start}",
    "## " + "x" * 5000 + " {#y}",
    "---\nid: x\n---",
)


class _AnyName(frozenset[str]):
    """Has every name, so that what a lesson names is not what it is refused for."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __or__(self, other: object) -> _AnyName:  # type: ignore[override]
        return self


_NAMES = Catalogue(frozenset({"mnist", "xor", "spirals"}), _AnyName(), _AnyName(), _AnyName())


@cache
def _texts() -> tuple[str, ...]:
    return (EXAMPLE, *(path.read_text(encoding="utf-8") for path in included_lessons()))


@attack("lessons", cases=40)
def lesson_text(rng: np.random.Generator, folder: Path) -> str:
    """Of what can be read, nothing leads out of the folder, no HTML is the author's, and it can be handed in."""
    inside, outside = folder / "lesson", folder / "secret.png"
    (inside / "images").mkdir(parents=True)
    outside.write_text(_SECRET)
    (inside / "images" / "curve.png").write_bytes(b"x")
    lines = _texts()[int(rng.integers(len(_texts())))].splitlines()
    for _ in range(1 if rng.random() < 0.7 else 3):
        is_shown = rng.random() < 0.5  # among the text, so that the lesson can be read
        snippet = str(pick(rng, *(_SHOWN if is_shown else _SNIPPETS), odd_name(rng))).replace("{}", str(outside))
        places = [place for place, line in enumerate(lines) if is_shown and line.startswith("## ")]
        lines.insert(int(pick(rng, *places)) + 1 if places else int(rng.integers(len(lines) + 1)), snippet)
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    path = inside / "lesson.md"
    path.write_bytes(odd_bytes(rng, content) if rng.random() < 0.1 else content)
    found = _refused_lesson(lambda: read_lesson(path, _NAMES))
    if found is None:
        return "refused"
    _check(found, inside)
    return "read"


def _refused_lesson(read: Callable[[], Lesson]) -> Lesson | None:
    found = refused(read)
    if isinstance(found, Exception):
        assert _SECRET not in str(found)
        assert len(str(found)) <= _LONGEST_MESSAGE
        return None
    assert isinstance(found, Lesson)
    return found


class _Tags(HTMLParser):
    """Checks tags, attributes, links and images."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        for name, value in attrs:
            assert name in _ATTRIBUTES, name
            if name == "href":
                assert str(value).startswith("https:"), value
            if name == "src":
                assert (self._folder / unquote(str(value))).resolve().is_relative_to(self._folder), value


def _check(lesson: Lesson, folder: Path) -> None:
    tags = _Tags(folder)
    for step in lesson.steps:
        for part in (lesson.introduction, *step.hints, *step.parts):
            if isinstance(part, Question):
                for option in part.options:
                    tags.feed(option.html + option.feedback)
            else:
                tags.feed(part)
    for name, _ in lesson.files:
        assert (folder / name).resolve().is_relative_to(folder.resolve())
    assert worksheet_html(lesson)


@attack("lesson reports", cases=20)
def report(rng: np.random.Generator, folder: Path) -> str:
    """Progress from a damaged settings file is read or dropped, and a name is never HTML."""
    known = {"seconds": 1.0, "choices": [[0, 1], [0, 0]], "trainings": 1, "answers": [[0]], "met": [True]}
    step = {**known, "is_set_up": True, "is_skipped": False, "is_solved": True}
    steps = {"start": step, "larger": step}
    document = {"content": "x", "experiment": {"training": {}}, "step": "start", "record": 3, "steps": steps}
    progress = progress_from(odd_document(rng, document))
    if progress is None:
        return "refused"
    path = folder / "lesson.md"
    (folder / "images").mkdir()
    (folder / "images" / "curve.png").write_bytes(b"x")
    path.write_text(EXAMPLE)
    page = report_html(read_lesson(path, _NAMES), progress, odd_name(rng), datetime(2026, 1, 1), {"Curves": b"x"})
    page = page.replace('<script type="application/json"', "", 1)  # the data of the report, which nothing runs
    for forbidden in ("<script", "<h1>ALL", '/dev/zero">'):
        assert forbidden not in page.replace("<h1>Too large", "")
    return "read"


@attack("packed lessons", cases=40)
def packed_lesson(rng: np.random.Generator, folder: Path) -> str:
    """Nothing is written outside of the folder, however the zip calls its files, and not more than is allowed."""
    inner, path = folder / "a" / "unpacked", folder / "lesson.nvizlesson"
    inner.mkdir(parents=True)
    before = set(folder.rglob("*"))
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        warnings.simplefilter("ignore")  # a name may be there twice
        packed.writestr("lesson.md", EXAMPLE)
        packed.writestr("images/curve.png", b"x")
        for _ in range(int(rng.integers(3))):
            _add_odd_member(rng, packed)
    path.write_bytes(odd_bytes(rng, content.getvalue()) if rng.random() < 0.3 else content.getvalue())
    found = refused(lambda: unpack(path, inner))
    written = [each for each in folder.rglob("*") if each not in before and each != path]
    assert all(each.is_relative_to(inner) and not each.is_symlink() for each in written)
    assert sum(each.stat().st_size for each in written if each.is_file()) <= 2**25 + 2**16
    if isinstance(found, Exception):
        return "refused"
    lesson = _refused_lesson(lambda: read_lesson(found, _NAMES))
    return "refused" if lesson is None else "read"


def _add_odd_member(rng: np.random.Generator, packed: zipfile.ZipFile) -> None:
    names = (
        "../secret.png",
        "/tmp/secret.png",
        "C:\\secret.png",
        "a/../../x",
        "..\\x",
        "x" * 300,
        "lesson.md/x",
        "b.md",
    )
    name = str(pick(rng, *names, odd_name(rng) or "x"))
    member = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
    how = int(rng.integers(4))
    if how == 0:  # a link
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(member, "/etc/passwd")
    elif how == 1:  # a bomb
        packed.writestr(member, bytes(2**26), zipfile.ZIP_DEFLATED)
    elif how == 2:
        for number in range(300):
            packed.writestr(f"many/{number}", b"")
    else:
        packed.writestr(member, b"x")


@attack("images of lessons", cases=20)
def lesson_image(rng: np.random.Generator, folder: Path) -> str:
    """An image is shown or left out; a vector image, which may name other files, is none."""
    application = QApplication.instance() or QApplication([])
    path = folder / "image.png"
    path.write_bytes(damaged_picture(rng))
    found = image_at(QTextDocument.ResourceType.ImageResource, QUrl("image.png"), folder, 600)
    assert 1 <= found.width() <= 600  # one pixel in place of what is refused
    is_shown = found.width() > 1
    assert application is not None
    return "read" if is_shown else "refused"
