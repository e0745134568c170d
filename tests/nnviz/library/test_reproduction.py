"""How a run is reproduced: a command only where that gives the same run, else what was done, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.datasets import Dataset, load_data
from engine.experiment import Experiment
from engine.network.network import Network
from engine.training.trainer import Trainer
from nnviz.library import Library, Recording
from nnviz.library.replay import edit_content
from nnviz.library.reproduction import command_of, reproduction_of
from nnviz.library.run_file import without_paths
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, in_epoch, record, recorded


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def begun(library: Library, trainer: Trainer, made: Experiment, before: float = 0, **reported: Any) -> Recording:
    """As the window begins a run: with a whole state."""
    recording = Recording(library, library.begin(made, DATA.title, **reported), trainer, before, clock=Clock())
    recording.change(made, is_order=False)
    recording.leap()
    return recording


def trained(library: Library, **settings: Any) -> int:
    made = an_experiment(**settings)
    recording = begun(library, made.trainer(DATA), made)
    recorded(recording, Clock())
    return recording.run


def change(recording: Recording, **settings: Any) -> None:
    trainer = recording.trainer
    trainer.change(replace(trainer.settings, **settings))
    recording.change(an_experiment().changed(training=trainer.settings))


def until(recording: Recording, epoch: int, batch: int) -> None:
    """Trains to the end of that batch."""
    is_there = in_epoch(epoch, batch)
    for event in recording.trainer.run():
        recording.take_event(event)
        if is_there(event):
            break


def branch(library: Library, parent: int, at: float, **settings: Any) -> int:
    """Branches off at the end of an epoch, with other settings, and trains to the end."""
    from nnviz.library.replay import replay

    steps = replay(library, parent, at, DATA)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            trainer = end.value.trainer
            break
    trainer.change(replace(trainer.settings, **settings))
    made = an_experiment().changed(training=trainer.settings)
    recording = begun(library, trainer, made, parent=parent, left_at=at)
    recorded(recording, Clock())
    return recording.run


def test_of_a_plain_run_it_is_its_command(library: Library) -> None:
    for run in (trained(library), record(library)[0]):
        way = reproduction_of(library, run)
        assert way.command == command_of(an_experiment())
        assert way.as_text(run) == way.command + "\n"


def test_of_a_branch_what_it_came_from_and_what_is_other_from_there(library: Library) -> None:
    run = branch(library, trained(library), 3, learning_rate=0.05)
    way = reproduction_of(library, run)
    assert way.command is None
    command = command_of(an_experiment())
    assert way.steps == (f"run 1: {command}", "at epoch 3 of run 1, branch off as run 2: learning rate 0.05")
    assert way.as_text(run).startswith("No single command trains run 2 again. What was done, in order:\n\n1. run 1: ")


def test_of_a_branch_with_the_same_settings(library: Library) -> None:
    run = branch(library, trained(library), 3)
    assert reproduction_of(library, run).steps[-1] == "at epoch 3 of run 1, branch off as run 2, with the same settings"


def test_of_a_branch_of_a_branch(library: Library) -> None:
    first = branch(library, trained(library), 3, learning_rate=0.05)
    second = branch(library, first, 5, weight_decay=0.01)
    assert reproduction_of(library, second).steps[1:] == (
        "at epoch 3 of run 1, branch off as run 2: learning rate 0.05",
        "at epoch 5 of run 2, branch off as run 3: weight decay 0.01",
    )


def test_of_a_chain_of_many_branches_all_are_listed(library: Library) -> None:
    """Longer than Python lets functions call themselves."""
    run = trained(library)
    made, count = an_experiment(), 1050
    with library.database.writing():
        for _ in range(count):
            run = library.begin(made, DATA.title, parent=run, left_at=1)
    steps = reproduction_of(library, run).steps
    assert len(steps) == count + 2, "the command, each branch, and where it was left"
    assert steps[-2].startswith(f"at epoch 1 of run {run - 1}, branch off as run {run}")


def test_branches_in_a_circle_come_to_an_end(library: Library) -> None:
    """As a damaged library may have them."""
    first = trained(library)
    second = branch(library, first, 3)
    library.database.update_run(first, {"parent": second, "left_at": 2.0})
    assert reproduction_of(library, second).command is None


def test_settings_that_were_changed_on_the_way(library: Library) -> None:
    made = an_experiment()
    recording = begun(library, made.trainer(DATA), made)
    until(recording, 2, 3)
    change(recording, learning_rate=0.002)
    recorded(recording, Clock())
    way = reproduction_of(library, recording.run)
    assert way.command is None
    assert way.steps == (command_of(made), "at epoch 1.5: learning rate 0.002")
    child = branch(library, recording.run, 1)
    assert "learning rate 0.002" not in " ".join(reproduction_of(library, child).steps[:1]), "that came later"


def test_weights_that_were_edited(library: Library) -> None:
    made = an_experiment()
    recording = begun(library, made.trainer(DATA), made)
    until(recording, 1, 6)
    before = recording.trainer.network.parameters.copy()
    recording.trainer.network.weights[0][2] = 0.5
    recording.log("edit", *edit_content(before, recording.trainer.network.parameters), "neuron 3 edited")
    recorded(recording, Clock())
    edited = "at epoch 1: weights were edited by hand, which no command repeats (neuron 3 edited)"
    assert reproduction_of(library, recording.run).steps[1:] == (edited,)


def edit(recording: Recording, value: float, text: str) -> None:
    before = recording.trainer.network.parameters.copy()
    recording.trainer.network.weights[0][2] = value
    recording.log("edit", *edit_content(before, recording.trainer.network.parameters), text)


def test_each_of_several_edits_of_one_epoch_is_named(library: Library) -> None:
    """Also between changes of settings, of which only some were noted."""
    made = an_experiment()
    recording = begun(library, made.trainer(DATA), made)
    until(recording, 1, 6)
    edit(recording, 0.5, "neuron 3 edited")
    edit(recording, 0.25, "neuron 4 edited")
    until(recording, 2, 6)
    edit(recording, 0.5, "neuron 5 edited")
    change(recording, learning_rate=0.002)
    edit(recording, 0.25, "neuron 6 edited")
    until(recording, 3, 6)
    change(recording, learning_rate=0.004)
    recording.change(made, "learning rate back")
    edit(recording, 0.75, "neuron 7 edited")
    recorded(recording, Clock())
    by_hand = "weights were edited by hand, which no command repeats"
    assert reproduction_of(library, recording.run).steps[1:] == (
        f"at epoch 1: {by_hand} (neuron 3 edited)",
        f"at epoch 1: {by_hand} (neuron 4 edited)",
        f"at epoch 2: {by_hand} (neuron 5 edited)",
        "at epoch 2: learning rate 0.002",
        f"at epoch 2: {by_hand} (neuron 6 edited)",
        "at epoch 3: learning rate 0.004",
        "at epoch 3: learning rate 0.01",
        f"at epoch 3: {by_hand} (neuron 7 edited)",
    )


def test_an_edit_of_a_run_of_version_0_21_is_named_if_its_note_is_known(library: Library) -> None:
    """Its orders have no notes: they stand in the run alone."""
    made = an_experiment()
    recording = begun(library, made.trainer(DATA), made)
    until(recording, 1, 6)
    edit(recording, 0.5, "neuron 3 edited")
    until(recording, 2, 6)
    edit(recording, 0.5, "neuron 5 edited")
    recording.change(made.changed(learning_rate=0.004), "learning rate 0.004")
    recorded(recording, Clock())
    for order in library.orders(recording.run):
        if order.kind == "edit":
            payload = json.dumps({"count": order.payload["count"]})
            library.database.write("UPDATE orders SET payload = ? WHERE number = ?", (payload, order.number))
    by_hand = "weights were edited by hand, which no command repeats"
    steps = reproduction_of(library, recording.run).steps
    assert steps[1:3] == (f"at epoch 1: {by_hand} (neuron 3 edited)", f"at epoch 2: {by_hand}")


# ---- data that were changed from one training to the next


def train_again(library: Library, run: int, made: Experiment, data: Dataset, name_data: bool = True) -> None:
    """Trains the network of a run on with other data, as the window does."""
    kept = library.state(run)
    assert kept is not None
    recording = Recording(library, run, made.trainer(data, kept.network), before=kept.at, clock=Clock())
    recording.change(made, is_order=False)
    recording.leap()
    recorded(recording, Clock())
    if not name_data:
        as_by_older_programs(library)


def as_by_older_programs(library: Library) -> None:
    """Takes the names of data out of the orders: version 0.21 and older did not write them."""
    with library.database.writing():
        library.database.write("UPDATE orders SET payload = json_remove(payload, '$.data')", ())


def on_moons(noise: float, **settings: Any) -> tuple[Experiment, Dataset]:
    how = {"points": 60, "noise": noise}
    data = load_data("moons", how)
    made = Experiment().changed(hidden=(5,), epochs=2, batch_size=10).for_data(data, "moons", how)
    return made.changed(**settings), data


def test_each_training_names_its_own_data(library: Library) -> None:
    made, data = on_moons(0.1)
    recording = begun(library, made.trainer(data), made)
    recorded(recording, Clock())
    train_again(library, recording.run, *on_moons(0.3))
    way = reproduction_of(library, recording.run)
    assert way.command is None
    assert way.steps == (command_of(made), "at epoch 2, another training: epochs 2, noise 0.3")
    assert "noise" in way.steps[0]
    assert command_of(library.run(recording.run).experiment) != way.steps[0], "its record has the last data"


def test_data_that_were_changed_before_a_step_are_those_of_the_next(library: Library) -> None:
    """As of points that are painted while it stands still: of two states at one place each has its own data."""
    made, data = on_moons(0.1)
    recording = begun(library, made.trainer(data), made)
    recorded(recording, Clock())
    for noise in (0.2, 0.3):
        made, data = on_moons(noise)
        kept = library.state(recording.run)
        assert kept is not None
        again = Recording(library, recording.run, made.trainer(data, kept.network), before=2, clock=Clock())
        again.change(made, is_order=False)
        again.leap()
        again.pause()
        again.close()
    assert reproduction_of(library, recording.run).steps[1:3] == (
        "at epoch 2, another training: epochs 2, noise 0.2",
        "at epoch 2, another training: epochs 2, noise 0.3",
    )


def test_a_setting_that_is_changed_later_leaves_the_data(library: Library) -> None:
    made, data = on_moons(0.1, epochs=3)
    recording = begun(library, made.trainer(data), made)
    until(recording, 1, 2)
    trainer = recording.trainer
    trainer.change(replace(trainer.settings, learning_rate=0.002))
    recording.change(made.changed(training=trainer.settings))
    recorded(recording, Clock())
    train_again(library, recording.run, *on_moons(0.3))
    assert reproduction_of(library, recording.run).steps[1:] == (
        "at epoch 0.5: learning rate 0.002",
        f"at epoch 3, another training: epochs 2, learning rate {made.training.learning_rate:g}, noise 0.3",
    )


def test_data_that_an_older_program_did_not_name_cannot_be_repeated(library: Library) -> None:
    made, data = on_moons(0.1)
    recording = begun(library, made.trainer(data), made)
    recorded(recording, Clock())
    train_again(library, recording.run, *on_moons(0.3), name_data=False)
    way = reproduction_of(library, recording.run)
    assert way.command is None
    assert way.steps[0].startswith("python main.py train --data DATA ")
    assert way.steps[0].endswith(
        "(no command repeats this: of these data the library keeps only "
        f"the title, {data.title}, and the fingerprint {data.fingerprint})"
    )
    assert "noise" not in way.steps[0]
    train_again(library, recording.run, made, data)
    as_by_older_programs(library)
    assert (
        reproduction_of(library, recording.run)
        .steps[1]
        .startswith("at epoch 2, another training: epochs 2, other data (no command repeats this: of these data ")
    )


def test_own_examples_whose_file_is_not_reported_leave_no_command(library: Library) -> None:
    """A command without them would train another run."""
    made = an_experiment()
    made = replace(made, data_settings={"own": "/home/ann/own-1.npz"})
    recording = begun(library, made.trainer(DATA), made)
    recorded(recording, Clock())
    assert "own=/home/ann/own-1.npz" in str(reproduction_of(library, recording.run).command)
    way = reproduction_of(library, recording.run, without_paths)
    assert way.command is None
    (step,) = way.steps
    assert step.endswith("(no command repeats this: own examples are mixed in, whose file is not named here)")
    assert "ann" not in step


def test_own_examples_that_came_later_are_named_where_they_came(library: Library) -> None:
    made = an_experiment()
    recording = begun(library, made.trainer(DATA), made)
    recorded(recording, Clock())
    more = replace(DATA, train=DATA.train.at(np.arange(50)))
    train_again(
        library, recording.run, replace(made.for_data(more), data_settings={"own": "/home/ann/own-1.npz"}), more
    )
    way = reproduction_of(library, recording.run)
    assert way.steps == (command_of(made), "at epoch 6, another training: epochs 6, own /home/ann/own-1.npz")
    assert reproduction_of(library, recording.run, without_paths).steps[1] == (
        "at epoch 6, another training: epochs 6, "
        "other data (no command repeats this: own examples are mixed in, whose file is not named here)"
    )


def test_a_run_of_a_command_that_was_trained_on_in_the_window(library: Library) -> None:
    run, _ = record(library)
    train_again(library, run, an_experiment(epochs=2), DATA)
    assert reproduction_of(library, run).steps == (
        command_of(an_experiment()),
        "at epoch 6, another training: epochs 2",
    )
    without_first_settings(library)
    assert reproduction_of(library, run).steps == (
        "run 1 begins, with settings that are not kept",
        "at epoch 6, another training: epochs 2",
    )


def without_first_settings(library: Library) -> None:
    """Version 0.22 and older did not write the settings of the beginning before they were replaced."""
    with library.database.writing():
        library.database.write("DELETE FROM orders WHERE kind = 'settings' AND content IS NOT NULL", ())


def continued(library: Library, run: int, **settings: Any) -> None:
    """Resumes a run with other settings, and trains to the end."""
    kept = library.state(run)
    assert kept is not None
    trainer = Trainer.resume(kept.network, DATA, kept.training)
    trainer.change(replace(trainer.settings, **settings))
    recording = Recording(library, run, trainer, clock=Clock())
    recording.change(library.run(run).experiment.changed(training=trainer.settings))
    recorded(recording, Clock())


def test_a_run_of_a_command_that_is_resumed_with_other_settings(library: Library) -> None:
    run, _ = record(library)
    child = branch(library, run, 3)
    continued(library, run, epochs=8)
    continued(library, run, epochs=9, learning_rate=0.005)
    command = command_of(an_experiment())
    assert reproduction_of(library, run).steps == (
        command,
        "at epoch 6: epochs 8",
        "at epoch 8: epochs 9, learning rate 0.005",
    )
    assert reproduction_of(library, child).steps[0] == f"run 1: {command}", "not with the settings of later"
    without_first_settings(library)
    assert reproduction_of(library, run).steps[:2] == (
        "run 1 begins, with settings that are not kept",
        "at epoch 6, settings were changed",
    )


def test_a_replay_of_a_run_of_a_command_that_was_resumed(library: Library) -> None:
    from nnviz.library.replay import replay

    run, _ = record(library)
    continued(library, run, epochs=8, learning_rate=0.005)
    for step in replay(library, run, 8, DATA):
        assert 0 <= step <= 1


def test_of_a_run_whose_data_were_changed_since_the_first_are_not_guessed(library: Library) -> None:
    made, data = on_moons(0.1)
    run, _ = record(library, made, data)
    train_again(library, run, *on_moons(0.3))
    assert reproduction_of(library, run).steps[0] == "run 1 begins, with settings that are not kept"


def test_another_training_of_the_same_network(library: Library) -> None:
    run = trained(library, epochs=3)
    kept = library.state(run)
    assert kept is not None
    made = an_experiment(epochs=2, learning_rate=0.1)
    recording = Recording(library, run, made.trainer(DATA, kept.network), before=3, clock=Clock())
    recording.change(made, is_order=False)
    recording.leap()
    recorded(recording, Clock())
    assert reproduction_of(library, run).steps == (
        command_of(an_experiment(epochs=3)),
        "at epoch 3, another training: epochs 2, learning rate 0.1",
    )


def test_a_network_from_elsewhere(library: Library) -> None:
    made = an_experiment()
    network = Network(made.shape, made.activations, made.loss, "zeros")
    network.parameters[...] = np.linspace(-1, 1, network.parameters.size)
    recording = begun(library, made.trainer(DATA, network), made, before=4)
    recorded(recording, Clock())
    way = reproduction_of(library, recording.run)
    assert way.command is None
    assert way.steps == ("run 1 begins with a network from elsewhere, trained for 4 epochs: epochs 6",)


def test_a_branch_whose_parent_is_gone(library: Library) -> None:
    parent = trained(library)
    run = branch(library, parent, 3, learning_rate=0.05)
    library.delete([parent])
    library.purge()
    way = reproduction_of(library, run)
    assert way.command is None
    assert "from elsewhere, trained for 3 epochs" in way.steps[0]


def test_what_is_not_to_be_reported_is_left_out(library: Library) -> None:
    run = branch(library, trained(library), 3, learning_rate=0.05)
    way = reproduction_of(library, run, lambda made: replace(made, data="elsewhere.csv"))
    assert "elsewhere.csv" in way.steps[0]


def test_for_other_programs_and_in_words(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    from nnviz.commands import cli

    run = branch(library, trained(library), 3, learning_rate=0.05)
    cli.main(["runs", "show", str(run)])
    out = capsys.readouterr().out
    assert "command:" not in out
    assert "step 2:      at epoch 3 of run 1, branch off as run 2: learning rate 0.05" in out
    cli.main(["runs", "show", str(run), "--json"])
    reported = json.loads(capsys.readouterr().out)
    assert reported["command"] is None
    assert len(reported["steps"]) == 2


def test_data_that_take_too_long_a_text_are_not_named(library: Library) -> None:
    made = replace(an_experiment(), data="painted", data_settings={"painted": "0.1 0.2, " * 20_000})
    recording = begun(library, made.trainer(DATA), made)
    recorded(recording, Clock())
    (order,) = library.orders(recording.run)
    assert "data" not in order.payload
    assert reproduction_of(library, recording.run).command == command_of(made), "its record has them"
