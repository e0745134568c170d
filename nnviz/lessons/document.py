"""A lesson file as steps of text, questions, directives and goals."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from engine.basics.errors import EngineError
from engine.basics.regular_files import read_regular
from nnviz.lessons.catalogue import Catalogue
from nnviz.lessons.directives import Directive, parse_directives
from nnviz.lessons.errors import LessonError, at_line, nearest
from nnviz.lessons.folder import file_of_lesson, is_inside
from nnviz.lessons.goals import Condition, parse_goals

VERSION = 1  # of the format
MOST_BYTES = 256 * 1024
_LONGEST_ID, _LONGEST_TITLE = 60, 200
# The parser takes long for more of what is nested in a paragraph, or of lists.
_MOST_LINES, _LONGEST_PARAGRAPH = 5000, 10_000
# The window takes long to show more.
_LONGEST_WORD = 500
_MOST_COLUMNS, _MOST_CELLS = 20, 2000  # of a table; of all tables of a lesson
_MOST_OPTIONS, _MOST_HINTS, _MOST_IMAGES = 100, 20, 20  # of a step
_KEYS = ("lesson", "id", "title", "language", "author", "minutes", "needs")
_NEEDED = ("lesson", "id", "title", "language")
_ID = re.compile(r"[a-z0-9-]+")
_HEADING = re.compile(r"(?P<title>.*\S)\s*\{#(?P<id>[^}]*)\}\s*")
_PACKAGE = re.compile(r"[A-Za-z]\w*|")
_BOX = re.compile(r"\[(?P<mark>[ xX])\]\s+")
_BLOCKS = ("do", "goal", "solution")
_TRANSLATION = re.compile(r"(?P<name>.+)\.(?P<language>[a-z]{2,3})\.md")


@dataclass(frozen=True)
class Option:
    """An option of a question: its text and the feedback as HTML, and whether it is correct."""

    html: str
    is_correct: bool
    feedback: str = ""


@dataclass(frozen=True)
class Question:
    """A question: the options of a task list. Several correct ones make it multiple choice.

    Attributes:
        options: what can be chosen.
        line: the line of the first option.
        text: the paragraph above the options, as HTML; "" if there is none.
    """

    options: tuple[Option, ...]
    line: int
    text: str = ""

    @property
    def correct(self) -> frozenset[int]:
        """Numbers of the correct options, from 0."""
        return frozenset(number for number, option in enumerate(self.options) if option.is_correct)

    @property
    def is_multiple(self) -> bool:
        """Whether several options are to be chosen."""
        return len(self.correct) > 1


@dataclass(frozen=True)
class Step:
    """A step of a lesson.

    Attributes:
        id, title: of its heading.
        parts: its content in order: HTML, and questions.
        setup, goals, solution: the directives that open it, its conditions, and the directives that meet them.
        hints: HTML, shown one after another.
        line: the line of its heading.
    """

    id: str
    title: str
    parts: tuple[str | Question, ...] = ()
    setup: tuple[Directive, ...] = ()
    goals: tuple[Condition, ...] = ()
    solution: tuple[Directive, ...] = ()
    hints: tuple[str, ...] = ()
    line: int = 0

    @property
    def questions(self) -> list[Question]:
        """The questions of the step."""
        return [part for part in self.parts if isinstance(part, Question)]


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        id, title, language: from the front matter.
        more: further entries of the front matter: author, minutes, needs.
        introduction: HTML before the first step.
        steps: at least one.
        content: fingerprint of the file's text, without translations.
        languages: the languages in which there is a text, that of the lesson itself first.
        files: the paths of all files that it names, as written, each with its line.
    """

    id: str
    title: str
    language: str
    introduction: str
    steps: tuple[Step, ...]
    content: str = ""
    languages: tuple[str, ...] = ()
    files: tuple[tuple[str, int], ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """The Python packages that the lesson needs beyond those of the program."""
        return tuple(filter(None, (name.strip() for name in self.more.get("needs", "").split(","))))


def read_lesson(path: Path, catalogue: Catalogue, language: str = "") -> Lesson:
    """Returns the lesson in a file, or in the file that it translates.

    Args:
        path: the lesson, or a translation of it, such as ``rate.de.md`` next to ``rate.md``.
        catalogue: the names that it may use.
        language: the language of the texts, if there is a translation; "" for that of the file.

    Raises:
        LessonError: the file or its translation is no lesson, or names a file that is not in its folder.
        OSError: the file is missing or cannot be read.
    """
    found = _TRANSLATION.fullmatch(path.name)
    if found is not None and is_translation(path):
        path, language = path.with_name(f"{found['name']}.md"), language or found["language"]
    lesson, translations = parse_lesson(path.name, _text_of(path), catalogue), translations_of(path)
    lesson = replace(lesson, languages=(lesson.language, *translations))
    if language != lesson.language and language in translations:
        lesson = translated(lesson, read_translation(translations[language], catalogue))
    for name, line in lesson.files:
        file_of_lesson(path.parent, name, path.name, line)
    return lesson


def is_translation(path: Path) -> bool:
    """Whether a file is the translation of another one next to it."""
    found = _TRANSLATION.fullmatch(path.name)
    return found is not None and path.with_name(f"{found['name']}.md").is_file()


def translations_of(path: Path) -> dict[str, Path]:
    """Returns the translations next to a lesson, by language."""
    neighbours = ((_TRANSLATION.fullmatch(other.name), other) for other in sorted(path.parent.glob("*.md")))
    return {found["language"]: other for found, other in neighbours if found is not None and found["name"] == path.stem}


def read_translation(path: Path, catalogue: Catalogue) -> Lesson:
    """Returns the texts of a translation; see :func:`read_lesson` for errors."""
    return parse_lesson(path.name, _text_of(path), catalogue, is_translation=True)


def translated(lesson: Lesson, translation: Lesson) -> Lesson:
    """Returns a lesson with the texts of a translation.

    A step that the translation lacks, or whose questions have other numbers of options there, keeps its own texts.
    Raises LessonError if the translation is that of another lesson.
    """
    if translation.id != lesson.id:
        problem = f"the id of the translation, “{translation.id}”, is not that of the lesson"
        raise LessonError.from_problem(lesson.title, problem, f"Write id: {lesson.id}.")
    steps = {step.id: step for step in translation.steps}
    return replace(
        lesson,
        title=translation.title,
        language=translation.language,
        introduction=translation.introduction or lesson.introduction,
        steps=tuple(_translated_step(step, steps.get(step.id)) for step in lesson.steps),
        files=(*lesson.files, *translation.files),
    )


def _translated_step(step: Step, other: Step | None) -> Step:
    if other is None or not are_alike(step, other):
        return step
    questions = iter(step.questions)
    parts = tuple(_translated(next(questions), part) if isinstance(part, Question) else part for part in other.parts)
    return replace(step, title=other.title, parts=parts, hints=other.hints or step.hints)


def are_alike(step: Step, other: Step) -> bool:
    """Whether two steps have the same questions: as many, with as many options."""
    return [len(each.options) for each in step.questions] == [len(each.options) for each in other.questions]


def _translated(question: Question, other: Question) -> Question:
    pairs = zip(question.options, other.options, strict=True)
    options = tuple(Option(there.html, here.is_correct, there.feedback) for here, there in pairs)
    return replace(question, options=options, text=other.text)


def _text_of(path: Path) -> str:
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise at_line(path.name, 0, f"byte {error.start} is not UTF-8 text", "Save it as UTF-8.") from None
    except EngineError as error:  # it is too large, or not a regular file
        raise LessonError.from_problem(path.name, error.problem.removeprefix(": "), error.remedy) from None


def parse_lesson(name: str, text: str, catalogue: Catalogue, is_translation: bool = False) -> Lesson:
    """Returns the lesson of a file. ``name`` is the file's name, for errors. A translation has texts only.

    Raises LessonError with line, word and nearest known name.
    """
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > MOST_BYTES:
        raise at_line(name, 0, f"the lesson is larger than {MOST_BYTES // 1024} kB", "Divide it into several lessons.")
    _check_lengths(name, text)
    lesson = _Reader(name, text, catalogue, is_translation).lesson()
    return replace(lesson, content=hashlib.sha256(encoded).hexdigest()[:16])


def _check_lengths(name: str, text: str) -> None:
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise at_line(name, 0, f"the lesson has more than {_MOST_LINES:,} lines", "Divide it into several lessons.")
    length = 0
    for number, line in enumerate(lines, start=1):
        length = length + len(line) if line.strip() else 0
        if len(max(line.split(), key=len, default="")) > _LONGEST_WORD:
            problem = f"a word has more than {_LONGEST_WORD} letters"
            raise at_line(name, number, problem, "Divide it by a space.")
        if length > _LONGEST_PARAGRAPH:
            problem = f"a paragraph has more than {_LONGEST_PARAGRAPH:,} characters"
            raise at_line(name, number, problem, "Divide it by an empty line.")


class _Reader:
    """Turns the tokens of a file into a lesson."""

    def __init__(self, name: str, text: str, catalogue: Catalogue, is_translation: bool) -> None:
        self._name, self._catalogue, self._is_translation = name, catalogue, is_translation
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table").use(front_matter_plugin)
        setattr(self._markdown, "validateLink", lambda url: True)  # noqa: B010  # all are checked here, with lines
        try:
            self._tokens = self._markdown.parse(text)
        except RecursionError:
            raise at_line(name, 0, "the lesson is nested too deep", "Use fewer levels of lists and quotes.") from None

    def _error(self, line: int, problem: str, remedy: str) -> LessonError:
        return at_line(self._name, line, problem, remedy)

    def lesson(self) -> Lesson:
        """Returns the lesson. Raises LessonError."""
        tokens = self._tokens
        if not tokens or tokens[0].type != "front_matter":
            raise self._error(
                1, "the front matter is missing", "Begin the file with --- and lesson: 1, id, title, language."
            )
        entries = self._front_matter(tokens[0])
        blocks = list(_top_level(tokens[1:]))
        starts = [
            place for place, block in enumerate(blocks) if block[0].type == "heading_open" and block[0].tag == "h2"
        ]
        if not starts:
            raise self._error(0, "the lesson has no step", "A step begins with ## Title {#id}.")
        first = blocks[starts[0]][0]
        for token in tokens:
            if _is_block(token) and (token.level > 0 or _line(token) < _line(first)):
                problem = f"the block “{token.info.strip()}” is not in a step"
                raise self._error(_line(token), problem, "Write it at the beginning of a line, below a heading ##.")
        self._check_tables()
        above = sum(1 for block in blocks[: starts[0]] for _ in self._images(block))
        self._check_number(1, above, _MOST_IMAGES, "images above it")
        introduction = self._html(blocks[: starts[0]])
        steps = [self._step(blocks[start:end]) for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True)]
        known: dict[str, int] = {}
        for step in steps:
            if step.id in known:
                raise self._error(
                    step.line, f"the id “{step.id}” is that of line {known[step.id]} too", "Choose another."
                )
            known[step.id] = step.line
        more = {key: value for key, value in entries.items() if key not in _NEEDED}
        images = [found for block in blocks for found in self._images(block)]
        named = [
            (each.words[0], each.line) for step in steps for each in (*step.setup, *step.solution) if each.names_file
        ]
        known_entries = entries["id"], entries["title"], entries["language"]
        return Lesson(*known_entries, introduction, tuple(steps), files=(*images, *named), more=more)

    def _front_matter(self, token: Token) -> dict[str, str]:
        entries: dict[str, str] = {}
        for number, line in enumerate(token.content.splitlines(), start=2):
            if not line.strip():
                continue
            key, colon, value = line.partition(":")
            key = key.strip()
            if not colon or not value.strip():
                raise self._error(number, f"“{line.strip()}” is not an entry", "Write key: value.")
            if key not in _KEYS:
                raise self._error(number, f"“{key}” is not an entry of the front matter", nearest(key, _KEYS))
            entries[key] = value.strip()
        missing = [key for key in _NEEDED if key not in entries]
        if missing:
            raise self._error(1, f"the front matter lacks {', '.join(missing)}", f"Add {missing[0]}: …")
        if not re.fullmatch(r"[0-9]{1,3}", entries["lesson"]) or int(entries["lesson"]) > VERSION:
            problem = f"the lesson has format {entries['lesson'][:20]}, and this program reads {VERSION}"
            raise self._error(2, problem, "Update nnviz.")
        if len(entries["title"]) > _LONGEST_TITLE:
            raise self._error(1, f"the title has more than {_LONGEST_TITLE} characters", "Shorten it.")
        if not _ID.fullmatch(entries["id"]) or len(entries["id"]) > _LONGEST_ID:
            problem = f"the id “{entries['id'][:_LONGEST_ID]}” is not made of a-z, 0-9 and -"
            raise self._error(1, problem, f"Use at most {_LONGEST_ID} of these.")
        wrong = next((name for name in entries.get("needs", "").split(",") if not _PACKAGE.fullmatch(name.strip())), "")
        if wrong:
            raise self._error(1, f"“{wrong.strip()[:60]}” is not the name of a package", "Write needs: openTSNE.")
        return entries

    def _html(self, blocks: Sequence[Sequence[Token]]) -> str:
        tokens = [token for block in blocks for token in block]
        list(self._images(tokens))  # checks links and images
        return keep_units(str(self._markdown.renderer.render(tokens, self._markdown.options, {})))

    def _check_tables(self) -> None:
        """Raises LessonError for a table, or tables, that the window would take long to show."""
        cells = columns = line = 0
        for token in self._tokens:
            line = _line(token) or line
            if token.type in ("table_open", "tr_open"):
                columns = 0
            elif token.type in ("th_open", "td_open"):
                cells, columns = cells + 1, columns + 1
            if columns > _MOST_COLUMNS:
                raise self._error(
                    line, f"a table has more than {_MOST_COLUMNS} columns", "Divide it into several tables."
                )
            if cells > _MOST_CELLS:
                problem = f"the tables have more than {_MOST_CELLS:,} cells"
                raise self._error(line, problem, "Divide the lesson into several ones.")

    def _check_number(self, line: int, number: int, most: int, what: str) -> None:
        """Raises LessonError for more of something in a step than the window can show soon."""
        if number > most:
            problem = f"the step has {number:,} {what}, at most {most} are allowed"
            raise self._error(line, problem, "Divide it into several steps.")

    # ---- steps

    def _step(self, blocks: Sequence[Sequence[Token]]) -> Step:
        heading = blocks[0]
        line, written = _line(heading[0]), heading[1].content
        found = _HEADING.fullmatch(written)
        if found is None:
            raise self._error(line, f"the heading “{written}” has no id", "Write ## Title {#id}.")
        if not _ID.fullmatch(found["id"]):
            raise self._error(line, f"the id “{found['id']}” is not made of a-z, 0-9 and -", "Choose another.")
        content = [block for block in blocks[1:] if not _is_block(block[0])]
        hints = self._hints(content)
        text = content[: len(content) - len(hints)]
        of_kind = {kind: self._lines(blocks, kind) for kind in _BLOCKS}
        goals = parse_goals(self._name, of_kind["goal"], self._catalogue)
        solution = parse_directives(self._name, of_kind["solution"], self._catalogue, is_solution=True)
        if goals and not solution:
            raise self._error(
                line, f"the step “{found['title']}” has a goal and no solution", "Add a block ```solution."
            )
        parts = tuple(self._parts(text))
        setup = parse_directives(self._name, of_kind["do"], self._catalogue, is_solution=False)
        options = sum(len(part.options) for part in parts if isinstance(part, Question))
        self._check_number(line, options, _MOST_OPTIONS, "options")
        self._check_number(line, len(hints), _MOST_HINTS, "hints")
        self._check_number(line, sum(1 for block in content for _ in self._images(block)), _MOST_IMAGES, "images")
        hint_texts = tuple(self._html([hint[1:-1]]) for hint in hints)
        return Step(found["id"], found["title"], parts, tuple(setup), tuple(goals), tuple(solution), hint_texts, line)

    def _lines(self, blocks: Sequence[Sequence[Token]], kind: str) -> list[tuple[int, str]]:
        """Returns the lines (number, text) of all blocks of a kind."""
        found = []
        for token in (block[0] for block in blocks if _is_block(block[0]) and block[0].info.strip() == kind):
            if self._is_translation:
                raise self._error(_line(token), f"a translation has no block “{kind}”", "Remove it: the lesson has it.")
            for number, text in enumerate(token.content.splitlines(), start=_line(token) + 1):
                if text.lstrip().startswith("```"):
                    raise self._error(
                        number, f"the block “{kind}” above is not closed", "Write ``` on a line of its own."
                    )
                found.append((number, text))
        return found

    @staticmethod
    def _hints(content: Sequence[Sequence[Token]]) -> list[Sequence[Token]]:
        """Returns the block quotes at the end."""
        hints: list[Sequence[Token]] = []
        for block in reversed(content):
            if block[0].type != "blockquote_open":
                break
            hints.insert(0, block)
        return hints

    def _parts(self, content: Sequence[Sequence[Token]]) -> Iterator[str | Question]:
        """Yields HTML and questions in order."""
        prose: list[Sequence[Token]] = []
        for block in content:
            question = self._question(block) if block[0].type == "bullet_list_open" else None
            if question is None:
                prose.append(block)
                continue
            if prose:
                yield self._html(prose)
            paragraph = next((block for block in reversed(prose) if block[0].type == "paragraph_open"), ())
            prose = []
            yield replace(question, text=self._html([paragraph]))
        if prose:
            yield self._html(prose)

    def _question(self, block: Sequence[Token]) -> Question | None:
        """Returns the question of a task list; None for another list."""
        items = list(_items(block))
        found = [_BOX.match(item[1].content) if len(item) > 1 and item[1].type == "inline" else None for item in items]
        line = _line(block[0])
        if not any(found):
            return None
        if not all(found):
            raise self._error(
                line, "some items of the list are options and some are not", "Begin each with [ ] or [x]."
            )
        options = tuple(self._option(item, box) for item, box in zip(items, found, strict=True) if box is not None)
        if not self._is_translation and not any(option.is_correct for option in options):
            raise self._error(line, "the question has no correct option", "Mark one with [x].")
        return Question(options, line)

    def _option(self, item: Sequence[Token], box: re.Match[str]) -> Option:
        text = item[1].content[box.end() :]
        if any(child.type == "image" for token in item for child in token.children or ()):
            raise self._error(_line(item[0]), "an option has an image", "Put the image above the question.")
        feedback = [token for token in item[3:] if token.type not in ("blockquote_open", "blockquote_close")]
        return Option(
            keep_units(str(self._markdown.renderInline(text))),
            box["mark"] != " ",
            self._html([feedback]) if feedback else "",
        )

    # ---- images and links

    def _images(self, tokens: Sequence[Token]) -> Iterator[tuple[str, int]]:
        """Yields the paths of images and their lines.

        Raises LessonError for links that are not https, and paths out of the folder.
        """
        for token in tokens:
            for child in token.children or ():
                if child.type == "image":
                    yield self._checked_path(unquote(str(child.attrs.get("src", ""))), _line(token)), _line(token)
                elif child.type == "link_open":
                    href = str(child.attrs.get("href", ""))
                    if urlsplit(href).scheme != "https":
                        problem = f"the link “{href[:60]}” does not begin with https://"
                        raise self._error(_line(token), problem, "Use an https link, or remove it.")

    def _checked_path(self, path: str, line: int) -> str:
        if not is_inside(path):
            problem = f"the image “{path[:60]}” is not a file of the lesson's folder"
            raise self._error(line, problem, "Put it next to the lesson, and write its name.")
        return path


def keep_units(text: str) -> str:
    """Returns a text in which a number and its percent sign stay on one line."""
    return re.sub(r"(?<=\d) (?=%)", "\u00a0", text)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _is_block(token: Token) -> bool:
    return token.type == "fence" and token.info.strip() in _BLOCKS


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yields the tokens of each block of the first level."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _items(block: Sequence[Token]) -> Iterator[list[Token]]:
    """Yields the inner tokens of each item of a list."""
    for item in _top_level(block[1:-1]):
        yield item[1:-1]
