"""``train``: trains without a window, with presets and checkpoints; Ctrl+C loses nothing."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TextIO

import numpy as np
from tqdm import tqdm

from engine.basics.cli_option_names import shell_command
from engine.basics.errors import DataError, DivergenceError
from engine.datasets import Dataset, Split, source_of
from engine.datasets.scaling import Scaling
from engine.experiment import Experiment, train_on
from engine.network.network import Network
from engine.neural_network import describe_epoch
from engine.provenance import Provenance
from engine.storage import check_is_no_export, format_by_name, load_checkpoint, save_checkpoint
from engine.training.events import Batch, BestRestored, Epoch, Event, TrainingState
from engine.training.history import PARTS, History
from engine.training.metrics import MEASURED, Evaluation, Evaluator
from engine.training.trainer import Trainer
from nnviz.commands.checks import CommandError, check_keeps_data
from nnviz.commands.data_options import load_named, print_notes
from nnviz.commands.interrupts import interrupts
from nnviz.commands.run_recording import (
    ResumedRun,
    RunRecorder,
    find_run,
    is_number_of_run,
    print_warning,
    run_recorder,
)
from nnviz.commands.train_options import (
    check_options,
    described_experiment,
    fitted_experiment,
    line_of_adjustment,
    without_places,
)
from nnviz.formatting import text
from nnviz.library.reproduction import RECORDED_PROGRAM
from nnviz.program_name import program_name, program_words

_LIVE_LINE = "{desc}  {percentage:3.0f} % |{bar}| {remaining} left"  # on a terminal


@dataclass
class _Training:
    """A trainer, and the provenance for the network's file.

    Attributes:
        before: epochs of the network before this training.
        measured: the epoch whose network the provenance describes; None before the first.
        result: the figures at that epoch; None before the first.
        found: the run of the library that is resumed; None for a new run.
    """

    trainer: Trainer
    provenance: Provenance
    history: History
    before: float = 0
    measured: int | None = None
    result: Epoch | None = None
    found: ResumedRun | None = None

    def __post_init__(self) -> None:
        self.trainer.estimates_early = not self.before  # its first epoch is then that of the network

    def take_event(self, event: Event) -> None:
        """Updates history and provenance after an event, also in the network, for the files it is saved to."""
        self.history.take_event(event, self.before)
        if isinstance(event, (Epoch, BestRestored)):
            self.provenance = self.provenance.after(event, self.before)
            self.provenance.write(self.trainer.network)
            self.measured = int(event.epoch) or None
            self.result = event if isinstance(event, Epoch) else self._at(event)

    def _at(self, best: BestRestored) -> Epoch:
        """Returns the figures at the epoch that early stopping restored."""
        figures = self.history.figures(self.before + best.epoch)
        found = {part: [figures.get(f"{part}_{name}") for name in ("loss", *MEASURED)] for part in PARTS}
        made = {
            part: None if loss is None else Evaluation(loss, error, None, None, rmse, r2)
            for part, (loss, error, rmse, r2) in found.items()
        }
        return Epoch(int(best.epoch), made["train"], made["test"], 0.0, made["validation"])

    def measure(self, epoch: int) -> Epoch:
        """Measures the network as it is now, after ``epoch``; puts the figures into the provenance and returns them."""
        network, data = self.trainer.network, self.trainer.dataset
        figures = {name: _figures(network, split, data.target_scaling) for name, split in data.splits.items()}
        result = Epoch(epoch, figures["train"], figures.get("test"), 0.0, figures.get("validation"))
        self.provenance = self.provenance.measured(result, self.before + epoch)
        self.result = result
        return result


def _figures(network: Network, split: Split, target_scaling: Scaling | None) -> Evaluation | None:
    """Returns the figures of the network; None, with the reason on standard error, if its outputs are not finite."""
    try:
        return Evaluator(network, split, target_scaling).evaluate()
    except DataError as error:
        print_warning(str(error))
        return None


class _Checkpoint:
    """The file to which a training is saved repeatedly; a failure is printed and does not stop the training.

    Attributes:
        is_stale: whether the last write failed.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self.is_stale = False

    def write(self, trainer: Trainer) -> None:
        """Writes the file. Prints the first failure, and the first success after it, to standard error."""
        try:
            save_checkpoint(trainer.network, self._file, trainer.state())
        except OSError as error:
            if not self.is_stale:
                why = error.strerror or str(error)
                self._print(f"could not be written: {why}. Training continues and tries again after each epoch.")
            self.is_stale = True
        else:
            if self.is_stale:
                self._print("was written and is up to date.")
            self.is_stale = False

    def _print(self, what: str) -> None:
        print_warning(f"{self._file} {what}")


def run(arguments: argparse.Namespace) -> int:
    """Trains from a preset or options, or continues a checkpoint. Returns the exit code."""
    check_options(arguments)
    if arguments.seeds is not None:
        from nnviz.commands.sweep import run_seeds  # with the processes, which no other training needs

        return run_seeds(arguments)
    output = sys.stdout
    if not arguments.quiet:
        return _run(arguments, output)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        return _run(arguments, output)


def _run(arguments: argparse.Namespace, output: TextIO) -> int:
    """Trains as the options say, and returns the exit code.

    ``output``: the stream for the result, and for how to continue after Ctrl+C, even if all else is quiet.
    """
    training = _new_training(arguments) if arguments.resume is None else _resumed_training(arguments)
    trainer = training.trainer
    if arguments.save is not None and (check := format_by_name(arguments.save).check) is not None:
        check(trainer.network)
    print_notes(trainer.dataset)
    if training.provenance.experiment is not None and arguments.resume is None:
        line = line_of_adjustment(arguments, training.provenance.experiment, trainer.whole_dataset)
        print(line, end="\n" if line else "")
    place = trainer.epoch, trainer.batch
    checkpoint = None if arguments.checkpoint is None else _Checkpoint(arguments.checkpoint)
    with run_recorder(arguments.record) as keeper, interrupts() as asked_to_stop:
        _record(training, keeper)
        try:
            with _Progress(trainer, arguments.quiet) as progress:
                _train_with_progress(training, asked_to_stop, checkpoint, keeper, progress)
        except DivergenceError as error:
            raise _with_way_out(error, trainer, arguments, keeper.run) from None
        keeper.finish("paused" if asked_to_stop else "finished")
        if asked_to_stop:
            with redirect_stdout(output):
                _stopped(training, arguments, checkpoint, keeper.run)
            raise KeyboardInterrupt
        if arguments.resume is not None and (trainer.epoch, trainer.batch) == place:
            print(_already_finished(trainer, arguments.resume))
        _finished(training, arguments)
        if arguments.quiet and training.result is not None:
            print(describe_epoch(training.result, trainer.settings.epochs, numbers=True), file=output)
    if checkpoint is not None and checkpoint.is_stale:
        print_warning(_not_up_to_date(arguments.checkpoint))
        return 1
    return 0


# ---- what to train


def _new_training(arguments: argparse.Namespace) -> _Training:
    described = described_experiment(arguments)
    _check_keeps_data(arguments, described)
    data = load_named(described.data, described.data_settings)
    experiment = fitted_experiment(arguments, data)
    history = History()
    title = arguments.title or ""
    provenance = Provenance(title, data.title, seed=experiment.seed, experiment=experiment, history=history)
    return _Training(experiment.trainer(data), provenance, history)


def _check_keeps_data(arguments: argparse.Namespace, experiment: Experiment) -> None:
    """Raises CommandError if network or training were saved over the data."""
    for file in (arguments.save, arguments.checkpoint):
        if file is not None:
            check_keeps_data(file, experiment.data, experiment.data_settings)


def _record(training: _Training, keeper: RunRecorder) -> None:
    trainer, provenance = training.trainer, training.provenance
    experiment = provenance.experiment_of(trainer.network, Experiment().for_data(trainer.whole_dataset))
    keeper.begin(trainer, experiment, training.history, training.before, provenance.title, training.found)


def _resumed_training(arguments: argparse.Namespace) -> _Training:
    found = find_run(arguments.resume) if is_number_of_run(arguments.resume) else None
    if found is None:
        check_is_no_export(arguments.resume)
    network, state = load_checkpoint(arguments.resume) if found is None else (found.state.network, found.state.training)
    if state is None:
        raise CommandError(
            f"{arguments.resume} holds a network, but no training state. Give a file that --checkpoint wrote."
        )
    experiment = Provenance.read(network).experiment
    _check_keeps_data(arguments, experiment or Experiment())
    data = load_named(experiment.data, experiment.data_settings) if experiment else load_named(Experiment.data, {})
    if experiment is not None and source_of(experiment.data).file is not None:
        _check_unchanged(experiment.data, data, network, state)
    trainer = Trainer.resume(network, data, state)
    if arguments.epochs is not None:
        _train_until(arguments.epochs, trainer, arguments.resume)
    if arguments.learning_rate is not None:
        trainer.change(replace(trainer.settings, learning_rate=arguments.learning_rate))
    whole = state.whole_epochs
    provenance = Provenance.read(network, whole, state.epochs_begun)
    history = provenance.history or History()
    provenance = replace(
        provenance,
        title=arguments.title or provenance.title,
        data=data.title,
        seed=trainer.settings.seed,
        experiment=None if experiment is None else replace(experiment, training=trainer.settings),
    )
    before = provenance.epochs_before(whole) if found is None else found.state.before
    provenance = replace(provenance, before=before)
    return _Training(trainer, provenance, history, before, found=found)


def _check_unchanged(file: str, data: Dataset, network: Network, state: TrainingState) -> None:
    """Raises CommandError if examples or names in the file are not those that the training was begun with."""
    try:
        data.check_same_examples(state.progress["data"])
        if network.description is not None and data.description is not None:
            network.description.check_means_same(data.description)  # names are not part of the fingerprint
    except DataError as error:
        what = "" if error.parameter == "data" else f" ({error.parameter}{error.problem})"
        raise CommandError(
            f"{text.name(file)} has changed since the run started, so the run cannot be resumed{what}. "
            "Restore the file, or train again from scratch."
        ) from None
    except (KeyError, TypeError):
        return  # Trainer.resume says what is wrong with the state


def _train_until(epochs: int, trainer: Trainer, file: str) -> None:
    if epochs < trainer.epoch:
        raise CommandError(
            f"--epochs {epochs} must be at least {trainer.epoch}, the epoch that {file} "
            f"has reached. Give a larger number, or leave the option out."
        )
    trainer.change(replace(trainer.settings, epochs=epochs))


# ---- training


class _Progress:
    """Progress of a training: a bar, and a line with the figures of an epoch.

    On a terminal the bar shows the figures of the last epoch, and ten lines remain of a run. Elsewhere, for other
    programs to read, each epoch has a line.
    """

    def __init__(self, trainer: Trainer, is_quiet: bool) -> None:
        self._epochs, batches = trainer.settings.epochs, trainer.batches_per_epoch
        self._is_terminal = not is_quiet and sys.stdout is not None and sys.stdout.isatty()
        self._unwritten: str | None = None  # the line of the last epoch, until it is written
        done = max(trainer.epoch - 1, 0) * batches + trainer.batch
        first = f"epoch {trainer.epoch} of {self._epochs}"
        look = {"desc": first, "bar_format": _LIVE_LINE, "dynamic_ncols": True} if self._is_terminal else {}
        total = self._epochs * batches
        is_hidden = True if is_quiet else None  # None: only a terminal gets a bar, no file and no pipe
        self._bar = tqdm(
            total=total, initial=done, unit=" batches", leave=False, mininterval=0.2, disable=is_hidden, **look
        )

    def take_event(self, event: Event) -> None:
        """Shows an event of the trainer."""
        if isinstance(event, Batch):
            self._bar.update()
        elif isinstance(event, Epoch) and event.epoch > 0:
            self._unwritten = describe_epoch(event, self._epochs, numbers=True)
            if self._is_terminal:
                self._bar.set_description_str(self._unwritten, refresh=False)
            if not self._is_terminal or 10 * event.epoch // self._epochs > 10 * (event.epoch - 1) // self._epochs:
                self._write()
        elif isinstance(event, BestRestored):
            self._write()
            self._bar.write(f"best validation result at epoch {event.epoch}: its weights are restored")

    def _write(self) -> None:
        if self._unwritten is not None:
            self._bar.write(self._unwritten)
        self._unwritten = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: object) -> None:
        """Removes the bar, and leaves the figures of the last epoch."""
        self._write()
        self._bar.close()


def _train_with_progress(
    training: _Training,
    asked_to_stop: list[bool],
    checkpoint: _Checkpoint | None,
    keeper: RunRecorder,
    progress: _Progress,
) -> None:
    """Trains to the end, or until a stop is requested. Writes the checkpoint after every epoch and at the stop."""
    trainer = training.trainer
    for event in _counted_over_all(train_on(trainer, training.take_event), training.before):
        keeper.take_event(event)
        progress.take_event(event)
        is_end = isinstance(event, (Epoch, BestRestored)) and event.epoch > 0
        if checkpoint is not None and (asked_to_stop or is_end):
            checkpoint.write(trainer)
        if asked_to_stop:
            break


def _counted_over_all(events: Iterator[Event], before: float) -> Iterator[Event]:
    """Yields the events. The epoch of a divergence is counted over all trainings of the network, as in the library."""
    try:
        yield from events
    except DivergenceError as error:
        raise error.after(before) from None


def _with_way_out(
    error: DivergenceError, trainer: Trainer, arguments: argparse.Namespace, run: int | None
) -> DivergenceError:
    """Returns the error with a command that trains with a smaller learning rate, if that helps."""
    if error.parameter != "loss" or not error.epoch:
        return error
    slower = f"--learning-rate {trainer.settings.learning_rate / 10:g}"
    kept = arguments.checkpoint if arguments.checkpoint and trainer.epoch > 1 else arguments.resume
    kept = kept if run is None else str(run)
    if kept is None:
        return error.with_remedy(f"Train again with a smaller learning rate, for example {slower}.")
    command = f"{shell_command([*program_words(), 'train', '--resume', kept])} {slower}"
    return error.with_remedy(f"Continue from the last saved state with a smaller learning rate: {command}")


# ---- after


def _finished(training: _Training, arguments: argparse.Namespace) -> None:
    """Prints the last figures if they were not printed yet, and saves the network."""
    trainer, measured = training.trainer, training.measured
    if arguments.half:
        _halve(trainer.network)
    if arguments.half or measured is None or not trainer.settings.evaluate:
        result = training.measure(trainer.epoch if measured is None else measured)
        print(describe_epoch(result, trainer.settings.epochs, numbers=True))
    if arguments.save is not None:
        if arguments.resume is None:
            command = f"{RECORDED_PROGRAM} {shell_command(without_places(arguments.words))}"
            training.provenance = replace(training.provenance, command=command)
        print(_save(training, arguments))


def _stopped(
    training: _Training, arguments: argparse.Namespace, checkpoint: _Checkpoint | None, run: int | None
) -> None:
    """Saves the network after Ctrl+C, and prints how to continue."""
    trainer = training.trainer
    print_notes(trainer.dataset)
    place = f"epoch {trainer.epoch} of {trainer.settings.epochs}, after batch {trainer.batch} of "
    place += str(trainer.batches_per_epoch)
    if not trainer.epoch:
        print("stopped before the first step: there is nothing to save yet")
    elif arguments.save is None:
        print(f"stopped in {place}")
    else:
        trainer.restore_finite()
        if arguments.half:
            _halve(trainer.network)
        training.measure(trainer.epoch if trainer.batch == trainer.batches_per_epoch else trainer.epoch - 1)
        print(f"stopped in {place}; the network at that point is {_save(training, arguments)}")
    if checkpoint is not None and checkpoint.is_stale:
        print(_not_up_to_date(arguments.checkpoint))
    elif checkpoint is not None:
        print(f"continue with: {_command_to_continue(arguments)}")
    elif run is not None:
        print(f"continue with: {program_name()} train --resume {run}")
    elif trainer.epoch:
        print("this run cannot be continued. To continue a run later, start it with --checkpoint FILE")


def _not_up_to_date(file: str) -> str:
    return f"{text.path(file)}: the last write failed, so the file holds an earlier state of the training, or none"


def _command_to_continue(arguments: argparse.Namespace) -> str:
    words = [*program_words(), "train", "--resume", arguments.checkpoint, "--checkpoint", arguments.checkpoint]
    for name in ("save", "title"):
        if getattr(arguments, name):
            words += [f"--{name}", getattr(arguments, name)]
    return shell_command([*words, "--half"] if arguments.half else words)


def _already_finished(trainer: Trainer, file: str) -> str:
    epochs = trainer.settings.epochs
    file = f"run {file}" if is_number_of_run(file) else text.path(file)
    if trainer.epoch < epochs:
        return f"{file} is already finished: early stopping ended it at epoch {trainer.epoch} of {epochs}"
    return f"{file} is already finished: epoch {trainer.epoch} of {epochs}; to continue, raise --epochs"


def _halve(network: Network) -> None:
    """Rounds the parameters to half precision, so that the figures are those of the saved network."""
    network.parameters[...] = network.parameters.astype(np.float16)


def _save(training: _Training, arguments: argparse.Namespace) -> str:
    """Saves or exports the network. Returns what was done: "saved to net.json"."""
    network, chosen = training.trainer.network, format_by_name(arguments.save)
    training.provenance.write(network)
    if arguments.half:
        save_checkpoint(network, arguments.save, half_precision=True)
    else:
        chosen.save(network, arguments.save)
    if not chosen.is_export:
        return f"saved to {text.path(arguments.save)}"
    done = f"exported to {text.path(arguments.save)}, which cannot be opened again"
    return "\n".join(filter(None, [done, chosen.note(network)]))
