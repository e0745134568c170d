"""The user guide in the window: the pages of assets/guide with their contents and a search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from PyQt5.QtCore import QSize, Qt, QUrl, QVariant
from PyQt5.QtGui import QImage, QKeySequence, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PyQt5.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QShortcut,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.basics.assets_folder import ASSETS
from nnviz.program_name import program_name
from nnviz.ui import theme
from nnviz.ui.parts import arranged, named, tool
from nnviz.window.arrangement import frame_of

FOLDER = ASSETS / "guide"
_CONTENTS = "README"  # the page that lists the others
_SIZE = QSize(1000, 720)  # pixels at 100 percent
_LIST_WIDTH = 250
_MARGIN = 40  # pixels of the text's width that an image does not take


class Section(NamedTuple):
    """A heading of a page with the text below it.

    Attributes:
        page: the page's name, that of its file without ending.
        anchor: the heading as code hosts write it in a link; empty for the heading of the page.
        title, text: the heading, and the plain text up to the next one.
    """

    page: str
    anchor: str
    title: str
    text: str

    @property
    def url(self) -> QUrl:
        """The address of the section within the guide."""
        return QUrl(self.page + (f"#{self.anchor}" if self.anchor else ""))


def anchor_of(heading: str) -> str:
    """Returns a heading as code hosts write it in a link: "Your own examples" → "your-own-examples"."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Returns the headings of all pages, in the order of the list of contents. The files are read at the first call."""
    names = re.findall(r"\(([\w-]+)\.md\)", _source(_CONTENTS))
    return tuple(section for name in names for section in _sections_of(name))


def found_sections(words: str) -> list[Section]:
    """Returns the sections with all of the words in title or text, those with all in the title first."""
    wanted = words.casefold().split()
    found = [each for each in sections() if all(word in f"{each.title} {each.text}".casefold() for word in wanted)]
    return sorted(found, key=lambda each: not all(word in each.title.casefold() for word in wanted))


def _sections_of(name: str) -> Iterator[Section]:
    for number, part in enumerate(re.split(r"^#+ ", _source(name), flags=re.MULTILINE)[1:]):
        title, _, text = part.partition("\n")
        yield Section(name, anchor_of(title) if number else "", title, re.sub(r"[*`|]|!?\[|\]\([^)]*\)", "", text))


def _title_of(page: str) -> str:
    return next(section.title for section in sections() if section.page == page)


def _source(name: str) -> str:
    """Returns a page, with the words that start this program in its commands."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return re.sub(r"^python main\.py|(?<=`)python main\.py", lambda _: program_name(), text, flags=re.MULTILINE)


def page_html(name: str) -> str:
    """Returns a page as rich text. HTML in the file is shown as it is written, never interpreted.

    Headings have anchors; links to other pages lose the ending of the file, and those out of the guide are plain text.
    """
    return _markdown().render(_source(name))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("link_open", _link)
    made.add_render_rule("table_open", lambda *_: '<table border="1" cellspacing="0" cellpadding="5">')
    return made


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return f'<{tokens[index].tag}><a name="{anchor_of(tokens[index + 1].content)}"></a>'


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    target = str(tokens[index].attrs["href"])
    inside = re.fullmatch(r"([\w-]+)\.md(#.*)?", target)
    if inside is not None:
        target = inside[1] + (inside[2] or "")
    elif not target.startswith("https://"):
        return "<a>"  # a file of the checkout, which the window cannot show
    tokens[index].attrs["href"] = target
    return renderer.renderToken(tokens, index, options, env)


class GuideText(QTextBrowser):
    """Shows pages of the guide. It reads nothing but these and the images in assets/pictures."""

    def loadResource(self, kind: int, url: QUrl) -> Any:
        """Returns a page as rich text or an image, in the variant of the theme; an invalid value for all else."""
        if kind == QTextDocument.ResourceType.ImageResource:
            return self._image(Path(url.path()).name)
        name = url.path()
        return page_html(name) if re.fullmatch(r"[\w-]+", name) and (FOLDER / f"{name}.md").is_file() else QVariant()

    def _image(self, name: str) -> Any:
        picture = ASSETS / "pictures" / re.sub(r"-light(\.\w+)$", rf"-{theme.current().name}\1", name)
        if not picture.is_file():
            return QVariant()
        image = QImage(str(picture))
        width = self.viewport().width() - _MARGIN
        return (
            image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
            if image.width() > width > 0
            else image
        )

    def highlight(self, words: str, anchor: str = "") -> None:
        """Marks the words in the page; without words the heading with that anchor."""
        mark = QTextCharFormat()
        mark.setBackground(theme.colour("ink"))
        mark.setForeground(theme.colour("on_ink"))
        selections = [] if words else [*self._heading(anchor)]
        for word in words.split():
            cursor = self.document().find(word, QTextCursor(self.document()))
            while not cursor.isNull():
                selection = QTextEdit.ExtraSelection()
                selection.format, selection.cursor = mark, cursor
                selections.append(selection)
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(selections)

    def _heading(self, anchor: str) -> Iterator[QTextEdit.ExtraSelection]:
        """Yields a selection of the heading, which near the end of a page is not on top."""
        block = self.document().begin()
        while anchor and block.isValid():
            if block.blockFormat().headingLevel() and anchor_of(block.text()) == anchor:
                selection = QTextEdit.ExtraSelection()
                selection.cursor = QTextCursor(block)
                selection.format.setBackground(theme.colour("field"))
                selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
                yield selection
            block = block.next()


class GuideWindow(QDialog):
    """The guide with its contents and a search at the left. Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            parent, Qt.WindowType.Dialog | Qt.WindowType.WindowCloseButtonHint | Qt.WindowType.WindowTitleHint
        )
        self.setObjectName("guideWindow")
        self.setWindowTitle("User guide")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._search = named(
            QLineEdit(), "guideSearchEdit", "Search the guide", "Lists the sections that contain all of these words."
        )
        self._search.setPlaceholderText("search")
        self._search.setClearButtonEnabled(True)
        self._contents = named(QListWidget(), "guideContents", "Contents of the guide", "Choose a page or a section.")
        self._contents.setFrameShape(QFrame.Shape.NoFrame)
        self._text = named(GuideText(), "guideText", "Page of the guide")
        self._text.setOpenExternalLinks(True)
        self._text.document().setDocumentMargin(theme.CARD_PADDING)
        self._back = tool("back", "guideBackButton", "Back", "Returns to the previous page (Alt+Left).")
        left = arranged(QVBoxLayout(), self._search, self._contents, self._back, spacing=theme.GAP)
        margins = (theme.CARD_PADDING,) * 4
        arranged(QHBoxLayout(self), left, (self._text, 1), spacing=theme.GAP, margins=margins)
        theme.sized(self._contents.setFixedWidth, _LIST_WIDTH)
        self._search.textChanged.connect(self._list_sections)
        self._search.returnPressed.connect(lambda: self._contents.setCurrentRow(0))
        self._contents.currentItemChanged.connect(self._open_item)
        self._contents.itemClicked.connect(self._open_item)
        self._back.clicked.connect(self._text.backward)
        self._text.backwardAvailable.connect(self._back.setEnabled)
        self._text.sourceChanged.connect(lambda url: self._text.highlight(self._search.text(), url.fragment()))
        QShortcut(QKeySequence.StandardKey.Find, self, self._search.setFocus)
        QShortcut(QKeySequence.StandardKey.Back, self, self._text.backward)
        theme.changed.connect(self._text.reload)
        free = parent.screen().availableGeometry().marginsRemoved(frame_of(parent.window())).size()
        self.resize((_SIZE * theme.px(100) / 100).boundedTo(free))
        self._back.setEnabled(False)
        self._list_sections("")

    def show_page(self, name: str, anchor: str = "") -> None:
        """Shows a page, scrolled to a heading."""
        self._text.setSource(QUrl(name + (f"#{anchor}" if anchor else "")), QTextDocument.ResourceType.HtmlResource)

    def _list_sections(self, words: str) -> None:
        self._contents.blockSignals(True)
        self._contents.clear()
        for section in found_sections(words) if words.strip() else sections():
            page = f"{_title_of(section.page)} · " if words.strip() else "    "
            item = QListWidgetItem(f"{page}{section.title}" if section.anchor else section.title)
            item.setData(Qt.ItemDataRole.UserRole, section.url)
            self._contents.addItem(item)
        self._contents.blockSignals(False)
        self._text.highlight(words)

    def _open_item(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._text.setSource(item.data(Qt.ItemDataRole.UserRole), QTextDocument.ResourceType.HtmlResource)
