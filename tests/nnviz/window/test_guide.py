"""The user guide in the window: its pages, contents, search, links and images."""

from __future__ import annotations

import re

import pytest
from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import QImage, QTextDocument
from PyQt5.QtWidgets import QDialog, QLineEdit, QListWidget, QPushButton, QTextBrowser, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.window.guide import FOLDER, GuideText, GuideWindow, found_sections, page_html, sections
from nnviz.window.help_texts import texts
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, find

PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))


def guide_of(window: MainWindow) -> GuideWindow:
    action(window, "actionGuide").trigger()
    guide = find(window, GuideWindow, "guideWindow")
    assert guide.isVisible()
    assert not guide.isModal()
    return guide


def test_it_opens_with_the_first_page_and_leads_to_a_section(ready_window: MainWindow, qtbot: QtBot) -> None:
    guide = guide_of(ready_window)
    contents, text = find(guide, QListWidget, "guideContents"), find(guide, GuideText, "guideText")
    assert text.toPlainText().startswith("Getting started")

    # Contents and search.
    assert contents.count() == len(sections())
    search = find(guide, QLineEdit, "guideSearchEdit")
    qtbot.keyClicks(search, "mann-whitney")
    assert [contents.item(row).text().strip() for row in range(contents.count())] == [
        "Runs and sweeps · Seeds: is it chance?"
    ]
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert text.toPlainText().startswith("Runs and sweeps")
    assert [selection.cursor.selectedText() for selection in text.extraSelections()] == ["Mann-Whitney"]
    assert text.source() == QUrl("runs-and-sweeps#seeds-is-it-chance")
    qtbot.mouseClick(find(guide, QToolButton, "guideBackButton"), Qt.MouseButton.LeftButton)
    assert text.toPlainText().startswith("Getting started")

    # Escape closes it.
    qtbot.keyClick(guide, Qt.Key.Key_Escape)
    assert not ready_window.findChildren(GuideWindow) or not guide.isVisible()

    # F1 leads to the place in it.
    find(ready_window, QPushButton, "branchButton").setFocus()
    ready_window.help.help_here()
    box = find(ready_window, QDialog, "helpWindow")
    find(box, QTextBrowser, "helpWindowText").anchorClicked.emit(QUrl("timeline#branch"))
    text = find(ready_window, GuideText, "guideText")
    assert text.source() == QUrl("timeline#branch")


def test_sections_with_the_words_in_their_titles_come_first() -> None:
    assert found_sections("branch")[0].title == "Branch"
    assert not found_sections("no such word anywhere")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_image_of_a_page_is_there(name: str, qapp: object) -> None:
    shown = page_html(name)
    for target in re.findall(r'<a href="([^"]+)"', shown):
        if target.startswith("https://"):
            continue
        page, _, anchor = target.partition("#")
        assert page in PAGES, target
        assert not anchor or f'<a name="{anchor}"></a>' in page_html(page), target
    text = GuideText()
    text.resize(600, 400)
    for source in re.findall(r'<img src="([^"]+)"', shown):
        assert not QImage(text.loadResource(QTextDocument.ResourceType.ImageResource, QUrl(source))).isNull(), source


def test_every_link_of_f1_leads_to_a_section() -> None:
    known = {(section.page, section.anchor) for section in sections()}
    linked = {(each.page, each.anchor) for found in texts().values() for each in found if each.page}
    assert len(linked) > 10
    assert linked <= known


def test_every_page_is_in_the_contents_and_says_what_you_will_be_able_to_do() -> None:
    assert {section.page for section in sections()} == {*PAGES} - {"README"}
    for section in sections():
        if not section.anchor:
            assert "After this page you " in section.text, section.page


def test_an_image_is_that_of_the_theme(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GuideText()
    qtbot.addWidget(text)
    url = QUrl("../pictures/inside-light.png")
    monkeypatch.setattr(theme, "_current", theme.DARK)
    dark = QImage(text.loadResource(QTextDocument.ResourceType.ImageResource, url))
    monkeypatch.setattr(theme, "_current", theme.LIGHT)
    light = QImage(text.loadResource(QTextDocument.ResourceType.ImageResource, url))
    assert dark.pixelColor(2, 2).lightness() < 128 < light.pixelColor(2, 2).lightness()


@pytest.mark.parametrize("url", ["../../README", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1/x", "no-page"])
def test_nothing_else_is_read(qtbot: QtBot, url: str) -> None:
    text = GuideText()
    qtbot.addWidget(text)
    assert not isinstance(text.loadResource(QTextDocument.ResourceType.HtmlResource, QUrl(url)), str)


def test_html_in_a_page_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nnviz.window.guide._source", lambda name: "# A\n\n<b>bold</b> [x](javascript:alert(1)) [y](a.exe)"
    )
    assert "&lt;b&gt;bold&lt;/b&gt;" in page_html("a")
    assert "href" not in page_html("a")
