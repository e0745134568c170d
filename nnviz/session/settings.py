"""The settings: the experiment that the fields describe, and problems of what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.cli_option_names import ADJUSTED
from engine.basics.errors import EngineError
from engine.basics.validation import check_memory
from engine.datasets import Dataset
from engine.experiment import DECLARED, MILD, Experiment
from engine.presets import DEFAULT_PRESET, TYPED_NAMES, Preset, readable_presets, still_typed, typed_names
from engine.training.augmentation import Augmentation
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.settings import TrainingSettings
from nnviz.formatting import text
from nnviz.formatting.setting_text import changes_between, setting_value
from nnviz.session.data import Data
from nnviz.session.messages import Messages, error_text
from nnviz.session.runs import Runs
from nnviz.session.status import Stage
from nnviz.session.undo import Kind, Step, Undo


class Basis(NamedTuple):
    """The basis of the settings: their preset, and what was typed.

    Attributes:
        preset: the preset that they agreed with last; None if there are none.
        typed: the names of settings that were typed for earlier data; None if that is not known.
        untyped: values, by name, that were not typed, even where the preset gives others for these data: they came with
            a typed one, or from an earlier start.
    """

    preset: Preset | None
    typed: frozenset[str] | None = None
    untyped: Mapping[str, Any] = {}


class _PresetValues(NamedTuple):
    """The preset's values for an experiment, a data set and a basis, and the typed names."""

    about: tuple[Experiment, Dataset | None, Basis]
    typed: frozenset[str]
    applied: Experiment
    typed_optimizer: Experiment  # with the optimizer that was typed


class Settings(QObject):
    """The experiment of the fields. Attributes are for reading; the methods change them and emit signals.

    Signals:
        changed: ``experiment`` has changed, or the fields must show it again.
        problems_changed: ``problems`` has changed.

    Attributes:
        experiment: the experiment that the fields describe: data, network and training.
        strengths: the augmentation that is used when it is switched on.
        all_problems: problems of the fields' values, by the field's name.
        presets: the included presets that could be read, and after them the user's.
        basis: the preset or network on which the settings are based.
    """

    changed = pyqtSignal()
    problems_changed = pyqtSignal()

    def __init__(self, experiment: Experiment, data: Data, runs: Runs, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self.experiment = experiment
        self.strengths = MILD
        self.all_problems: dict[str, str] = {}
        self._data, self._runs, self._undo, self._messages = data, runs, undo, messages
        self._matched: tuple[Experiment, Dataset | None, Preset | None] | None = None  # the preset found last
        self._chosen: tuple[int, Experiment] | None = None  # the id of the run, and what a preset made of the fields
        self._data_problem: str | None = None  # the batch-size problem that came with the data
        self._found: _PresetValues | None = None  # found last
        self.presets, errors = readable_presets()
        self.basis = Basis(self.preset_called(DEFAULT_PRESET) or next(iter(self.presets), None))
        if errors:
            messages.warn(" ".join(error_text("A preset could not be read", error) or str(error) for error in errors))

    # ---- changes

    def change(self, what: str, **fields: Any) -> None:
        """Changes settings, as one step to undo. Raises SettingError and then changes nothing.

        ``what`` names the change for the undo menu ("learning rate"). A shape must begin and end as the data do.
        """
        base = self.experiment
        if "shape" in fields:
            base = self.fitting.with_shape(fields.pop("shape"))
        if not base.training.augmentation.is_active and any(hasattr(self.strengths, name) for name in fields):
            base = base.changed(augmentation=self.strengths)  # changing a strength switches augmentation on
        self.choose(f"change of {what}", base.changed(**fields))

    def choose(self, text: str, new: Experiment) -> None:
        """Replaces the experiment, as one step to undo. Raises SettingError and then changes nothing."""
        self._check(new)
        if new != self.experiment:
            self._undo.push(self.step(text, new))

    def _check(self, new: Experiment) -> None:
        """Raises SettingError if the experiment does not fit memory or data."""
        if new.shape != self.experiment.shape:
            check_memory(new.shape)
        if self._data.dataset is not None:
            new.check_against(self._data.dataset)

    def step(self, text: str, new: Experiment, basis: Basis | None = None) -> Step:
        """Returns a step to undo that shows the experiment in the fields, on that basis or on the present one."""
        before, after = self.basis, basis or self.basis

        def apply(experiment: Experiment) -> None:
            self.show_experiment(experiment, after if experiment is new else before)

        return Step(text, Kind.SETTINGS, apply, self.experiment, new)

    def use_default(self, what: str, *names: str) -> None:
        """Replaces typed settings by what the preset gives for the data, as one step to undo.

        ``what`` names them for the undo menu. Settings that cannot stay without them are replaced, too.
        """
        dataset, base = self._data.dataset, self.base
        if dataset is None or base is None:
            return
        for name in names:
            self.set_problem(name, None)
        typed = still_typed(self.typed, {*names}, self.experiment)
        new = base.applied_around(self.fitting, dataset, typed)
        self._check(new)
        if new != self.experiment or typed != self.typed:
            basis = _basis(base, (self.basis.typed or frozenset()) & typed, typed, new, dataset)
            self._undo.push(self.step(f"default {what}", new, basis))

    def choose_preset(self, preset: Preset) -> None:
        """Applies a preset, as one step to undo. Shows a message if it cannot be applied."""
        try:
            new = preset.applied_to(self.fitting, self._data.dataset)
            self._check(new)
            if new != self.experiment or self.typed:
                self._undo.push(self.step(f"preset {preset.name}", new, Basis(preset, frozenset())))
        except EngineError as error:
            self._messages.show_error(f"The preset {preset.name} cannot be used", error)
        else:
            self._chosen = (self._runs.current.id, self.experiment)
            self.forget_problems()
            self._show_unapplied(preset)

    def _show_unapplied(self, preset: Preset) -> None:
        """Shows which settings of a preset do not act on the training in progress."""
        run = self._runs.current
        if run.stage not in (Stage.TRAINING, Stage.PAUSED):
            return
        waiting = changes_between(run.experiment, self.experiment)
        shape = setting_value(self.experiment.shape)
        named = [f"the shape {each}" if each == shape else each for each in waiting]
        if named:
            starts_new = run.stage is Stage.PAUSED and not self.experiment.same_network(run.experiment)
            self._messages.show(
                f"All settings of {preset.name} apply now, except {text.listed(named)}: "
                f"press {'Space' if starts_new else 'Reset'} to start a new run."
            )

    def switch_augmentation(self, wanted: bool) -> None:
        """Switches augmentation on or off; its strengths are kept. Raises SettingError."""
        text = "augmentation on" if wanted else "augmentation off"
        self.choose(text, self.experiment.with_augmentation(wanted, self.strengths))

    def show_experiment(self, experiment: Experiment, basis: Basis | None = None) -> None:
        """Shows an experiment in the fields, fitted to the data unless a trained network does not fit them; no step.

        It is based on the preset that it agrees with, else on that of ``basis``, else on the preset of before.
        Loads its data if others are there.
        Drops the problems of fields that are no longer shown or used, and those of layers that have changed. Notes a
        batch size that is larger than the data.
        """
        run = self._runs.current
        if not self._data.awaits(experiment) and (run.untouched or run.misfit(self._data.dataset) is None):
            experiment = self._fitted(experiment)
        problems, before = self.problems, self.experiment
        self.experiment, self._matched = experiment, None
        self.basis, preset = basis or self.basis, self.preset_for(self._data.dataset)
        if preset is not None:
            self.basis = Basis(preset, self.basis.typed)
        self.remember_strengths(experiment.training.augmentation)
        gone = _without_effect(experiment.training, self._data.dataset)
        if (before.shape, before.activations) != (experiment.shape, experiment.activations):
            gone |= set(filter(is_of_layers, self.all_problems))
        self.all_problems = {name: text for name, text in self.all_problems.items() if name not in gone}
        self._check_batch_size()
        self.changed.emit()
        if self.problems != problems:
            self.problems_changed.emit()

    def remember_strengths(self, strengths: Augmentation) -> None:
        """Keeps these strengths for the next time augmentation is switched on, unless all are off."""
        if strengths.is_active:
            self.strengths = strengths

    # ---- values

    def preset_for(self, dataset: Dataset | None) -> Preset | None:
        """Returns the preset with which all settings agree for a data set.

        None if the fields are guessed from a network whose file lacks settings, unless the user chose them.
        """
        run = self._runs.current
        is_chosen = self._chosen == (run.id, self.experiment)
        is_guessed = not run.origin.has_whole_experiment
        if is_guessed and not is_chosen and not {*run.experiment.difference(self.experiment)} - {"data", "fingerprint"}:
            return None
        known = self._matched
        if known is None or known[0] is not self.experiment or known[1] is not dataset:
            first = [self.base] if self.base is not None and self.base in self.presets else []  # of several alike
            presets = (preset for preset in (*first, *self.presets) if preset.matches(self.experiment, dataset))
            known = self._matched = self.experiment, dataset, next(presets, None)
        return known[2]

    def set_presets(self, presets: list[Preset]) -> None:
        """Replaces the list of presets."""
        self.presets, self._matched = presets, None

    def preset_called(self, name: str) -> Preset | None:
        """Returns the preset of that name; None if there is none."""
        return next((preset for preset in self.presets if preset.name == name), None)

    @property
    def base(self) -> Preset | None:
        """The preset with which the settings agreed last; None if there are none."""
        return self.basis.preset

    @property
    def typed(self) -> frozenset[str]:
        """The names of settings that were typed, for these data or earlier ones; see :func:`typed_names`."""
        return frozenset() if self.base is None else self._given(self.base).typed

    def default(self, name: str) -> Any:
        """Returns the value that :attr:`base` gives for a setting, for the data and a typed optimizer."""
        assert self.base is not None
        found = self._given(self.base)
        return (found.applied if name == "optimizer" else found.typed_optimizer).value(name)

    def _given(self, base: Preset) -> _PresetValues:
        """Computes the preset's values once for each change of the fields, the data or the basis."""
        now, found = (self.experiment, self._data.dataset, self.basis), self._found
        if found is None or any(one is not other for one, other in zip(now, found.about, strict=True)):
            experiment, dataset, basis = now
            applied = base.applied_to(experiment, dataset)
            typed = (basis.typed or frozenset()) | _differing(applied, basis, experiment)
            given = applied.with_optimizer(experiment.training.optimizer) if "optimizer" in typed else applied
            found = self._found = _PresetValues(now, typed, applied, given)
        return found

    def remember_base(self, name: str, typed: frozenset[str] | None) -> None:
        """Restores a remembered preset's name and the names of typed settings.

        None if that is not known; then those that follow the data are taken for derived.
        """
        untyped = ADJUSTED if typed is None else TYPED_NAMES - typed
        values = {name: self.experiment.value(name) for name in untyped}
        self.basis = Basis(self.preset_called(name) or self.base, typed, values)

    def basis_for(self, experiment: Experiment) -> Basis:
        """Returns the basis of an experiment that replaces the fields: its other values were not typed."""
        changed = {name for name in TYPED_NAMES if experiment.value(name) != self.experiment.value(name)}
        typed = self.basis.typed
        return Basis(self.base, None if typed is None else typed - changed) if changed else self.basis

    def adapted(self, fields: Experiment, before: Dataset | None, dataset: Dataset) -> tuple[Experiment, Basis]:
        """Returns the fields for another data set, and their basis.

        What was typed for the data ``before``, or earlier, stays if the data allow it; all else is derived again.
        """
        basis, base = self.basis, self.preset_for(before) or self.base
        if base is None:
            return fields.for_task(dataset).for_few_examples(dataset), basis
        typed = _differing(base.applied_to(fields, before), basis, fields)
        if basis.typed is not None:
            typed = basis.typed if before is None else basis.typed | typed
        elif before is None and typed and not basis.untyped:  # which of them were typed is not known
            return fields.for_task(dataset).for_few_examples(dataset), basis
        new = base.applied_around(fields, dataset, typed)
        typed = frozenset(name for name in typed if _part(new, name) == _part(fields, name))
        return new, _basis(base, typed, typed, new, dataset)

    @property
    def fitting(self) -> Experiment:
        """The experiment with the numbers of inputs and outputs of the data, if there are any.

        A trained network that fits the data keeps its own standardisation of the inputs, or continues without one.
        """
        return self._fitted(self.experiment)

    @property
    def of_new_network(self) -> Experiment:
        """The experiment for a new network, which standardises its inputs as the data suggest."""
        return self._data.fit(self.experiment)

    def _fitted(self, experiment: Experiment) -> Experiment:
        fit, run = self._data.fit(experiment), self._runs.current
        if run.untouched or run.misfit(self._data.dataset) is not None:
            return fit
        brightness = run.network.brightness
        return fit if fit.brightness == brightness else fit.changed(brightness=brightness)

    def value(self, name: str) -> Any:
        """Returns the value of a setting; strengths of augmentation also while it is switched off."""
        return getattr(self.strengths, name) if self._is_idle(name) else self.experiment.value(name)

    def _is_idle(self, name: str) -> bool:
        """Whether a setting is a strength of augmentation while that is switched off."""
        return hasattr(self.strengths, name) and not self.experiment.training.augmentation.is_active

    # ---- problems

    @property
    def problems(self) -> dict[str, str]:
        """Problems of fields that have an effect; training cannot start while there is one."""
        return {name: text for name, text in self.all_problems.items() if not self._is_idle(name)}

    @property
    def has_wrong_values(self) -> bool:
        """Whether a wrong value was typed; a batch size larger than the data does not count."""
        return any(text != self._data_problem for text in self.problems.values())

    def set_problem(self, field: str, text: str | None) -> None:
        """Sets the problem of a field's value; None if there is none."""
        if self.all_problems.get(field) == text:
            return
        if text is None:
            self.all_problems.pop(field, None)
        else:
            self.all_problems[field] = text
        self.problems_changed.emit()

    def forget_problems(self) -> None:
        """Drops wrong values, so that the fields show the experiment's values again."""
        self.all_problems.clear()
        self._check_batch_size()  # of data that are too few one cannot get rid so
        self.problems_changed.emit()
        self.changed.emit()

    def _check_batch_size(self) -> None:
        """Sets or clears the problem of a batch size larger than the data, except for a typed one."""
        dataset = self._data.dataset
        if dataset is None or self.all_problems.get("batch_size") not in (None, self._data_problem):
            return
        self._data_problem = None
        self.all_problems.pop("batch_size", None)
        fitting = self.fitting
        try:
            fitting.training.check_against(fitting.examples(dataset))
        except EngineError as error:
            words = text.regrouped(error.message_for("Batch size"))
            self._data_problem = self.all_problems["batch_size"] = words


def _differing(applied: Experiment, basis: Basis, experiment: Experiment) -> frozenset[str]:
    """Returns the names of settings that differ from the applied preset, without untyped values."""
    names, untyped = typed_names(experiment, applied), basis.untyped
    return frozenset(name for name in names if name not in untyped or untyped[name] != experiment.value(name))


def _basis(base: Preset, before: frozenset[str], typed: frozenset[str], new: Experiment, dataset: Dataset) -> Basis:
    """Returns the basis of an experiment that a preset gave around ``typed`` settings."""
    return Basis(base, before, {name: new.value(name) for name in base.typed(new, dataset) - typed})


def _part(experiment: Experiment, name: str) -> Any:
    """Returns the value of a setting that can be typed: activations are those of the hidden layers."""
    value = experiment.value(name)
    return value[:-1] if name == "activations" else value


def is_of_layers(field: str) -> bool:
    """Whether a field is one of the layers: "shape", or "layer 1" for the first hidden one."""
    return field == "shape" or field.startswith("layer ")


def _without_effect(training: TrainingSettings, dataset: Dataset | None) -> set[str]:
    """Returns the constants of other optimizers and schedules, and the settings that do not exist for the data."""
    every = {name for kinds in (OPTIMIZERS, SCHEDULES) for kind in kinds for name in kinds[kind].uses}
    unused = every - {*OPTIMIZERS[training.optimizer].uses, *SCHEDULES[training.schedule].uses}
    return unused | {name for name, setting in DECLARED.items() if not setting.suits(dataset)}
