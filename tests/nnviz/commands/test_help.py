"""``--help`` of each command: groups of options, and examples that are valid command lines."""

from __future__ import annotations

import shlex

import pytest

from nnviz.commands.help_text import EXAMPLES
from nnviz.commands.options import parse_arguments
from nnviz.program_name import program_name


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        parse_arguments([*command.split(), "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", EXAMPLES)
def test_help_ends_with_examples_that_can_be_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, heading, examples = help_of(command, capsys).partition("\nexamples:\n")
    assert heading
    lines = examples.splitlines()
    assert len(lines) >= 2
    for line in lines:
        words = shlex.split(line.removeprefix(f"  {program_name()} "))
        parsed = parse_arguments(words)
        assert shlex.join(words).startswith(command)
        assert not command or parsed.command == words[0]


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_options_of_settings_are_in_groups(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(command, capsys)
    assert shown.startswith(f"usage: {program_name()} {command} [OPTIONS]\n")
    titles = ("data", "network", "training", "learning rate schedule", "regularisation", "augmentation", "output")
    for title in titles:
        assert f"\n{title}:\n" in shown
    assert "\n  --momentum X " in shown
    assert "nesterov, adam, adamw; default: 0.9)" in " ".join(shown.split())
