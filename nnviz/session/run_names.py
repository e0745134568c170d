"""Names of runs where several are shown: the settings that distinguish each from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.basics.errors import SettingError
from engine.experiment import SETTING_NAMES, Experiment
from engine.training.optimizers import OPTIMIZERS
from nnviz.formatting import text
from nnviz.formatting.run_name import BETWEEN, RunName
from nnviz.formatting.setting_text import setting_value, short_setting_name
from nnviz.library import LibraryError
from nnviz.session.seeds import named_first, note_of, seed_number, seed_of

if TYPE_CHECKING:
    from nnviz.library import RunRecord

NAMELESS = ("", "untitled")
Settings = Mapping[str, object]  # of an experiment, by name

_FIRST = ("data", "optimizer", "learning_rate", "hidden", "activations")  # the most important ones, in order
_LAST = ("epochs", "seed")
_LEFT_OUT = {"fingerprint", "inputs", "outputs", "shape", "training", "augmentation", "evaluate", *_FIRST, *_LAST}
_ORDER = (*_FIRST, *(name for name in SETTING_NAMES if name not in _LEFT_OUT), *_LAST)
_SAID_ALWAYS = ("optimizer", "batch_size", "epochs", "seed")  # in a line of all settings, with the shape
# Said with others there, or following from the data.
_SAID_ELSEWHERE = {*_SAID_ALWAYS, "hidden", "learning_rate", "data", "data_settings", "brightness"}
_LONGEST = 60  # characters of a note in a name


class Subject(NamedTuple):
    """A run, or a group of seeds, that gets a name.

    Attributes:
        settings: settings of its experiment; None if they cannot be read.
        number: "#18", "#3–7".
        name, note: the user's name and note; empty for none.
        origin: where it branched off: "from #7 at epoch 3"; empty for no branch.
        seeds: "seeds 1–5" for a group whose name does not contain them, else empty for a group; None for a run.
        is_diverged: whether the name includes that it diverged.
    """

    settings: Settings | None
    number: str
    name: str = ""
    note: str = ""
    origin: str = ""
    seeds: str | None = None
    is_diverged: bool = False


def run_name(run: Subject, known: Settings | None = None, common: Settings | None = None) -> RunName:
    """Returns the name of a run: "#18 · rate 0.2", "#9 · from #7 at epoch 3 · rate 0.05".

    A name given by the user comes first. If no setting distinguishes the run, the name has sizes of layers, optimizer
    and learning rate.

    Args:
        known: settings that are left out because others have the same values: of all runs next to it, of most of them,
            or of its parent. None if there are no others.
        common: the settings that most of them have, which are included only if there is space.
    """
    if run.name:
        return RunName(run.name)
    if run.settings is None:
        return RunName(f"run {run.number.removeprefix('#')}, unreadable" if run.number else "unreadable")
    most, known = common or {}, run.settings if known is None else known
    differing = [name for name in _ORDER if known.get(name, ()) != run.settings[name] and _is_named(name, run, known)]
    if "optimizer" in differing and "learning_rate" in differing:
        has_common_one = most.get("optimizer") == run.settings["optimizer"]
        differing.remove("optimizer" if has_common_one else "learning_rate")  # an optimizer is named with its rate
    parts = [_part(name, run.settings) for name in differing if most.get(name, ()) != run.settings[name]]
    more = [_part(name, run.settings) for name in differing if most.get(name, ()) == run.settings[name]]
    if not differing and run.origin and known is not run.settings:
        parts = ["same settings"]
    elif not differing:
        parts, more = [setting_value(run.settings["shape"])], [_part("optimizer", run.settings)]
    elif not parts:
        parts = [more.pop(0)]
    if run.note:
        parts, more = [text.name(run.note, _LONGEST)], [*parts, *more]
    if run.is_diverged:
        parts.insert(1, "diverged")
    return RunName.of(run.number, parts, [*more, *([run.seeds] if run.seeds else [])], run.origin)


def _is_named(name: str, run: Subject, known: Settings) -> bool:
    """Whether a name may contain that setting: a group has many seeds, and a branch is trained to any epoch.

    Among runs of several data sets the brightness follows from the data.
    """
    if name == "brightness" and run.settings is not None and known.get("data") != run.settings["data"]:
        return False
    return not (run.seeds is not None and name == "seed") and not (run.origin and name == "epochs")


def _part(name: str, settings: Settings) -> str:
    """Returns a setting for a name: "rate 0.2", "AdamW 0.002", "64-32", "seed 3"."""
    value = settings[name]
    if name == "optimizer":
        return f"{OPTIMIZERS[str(value)].label} {setting_value(settings['learning_rate'])}"
    if name == "data":
        return text.name(str(value[0] if isinstance(value, tuple) else value))
    if name == "hidden":
        return setting_value(value) if value else "no hidden layer"
    if name in ("activations", "data_settings"):
        return text.plain(setting_value(value), _LONGEST)
    if name == "epochs":
        return f"{setting_value(value)} epochs"
    return f"{short_setting_name(name)} {setting_value(value)}"


# ---- of what others have


def settings_of(made: Experiment, data: tuple[str, str] = ("", "")) -> Settings:
    """Returns the settings by which names distinguish runs.

    Args:
        data: title and fingerprint of the data.
    """
    hidden = tuple(dict.fromkeys(made.activations[:-1]))  # of equal layers once
    found = {name: made.value(name) for name in _ORDER}
    return found | {"activations": hidden, "data": data, "shape": made.shape}


def shared(runs: Sequence[Settings]) -> Settings:
    """Returns the settings that all of them have."""
    first, *others = runs
    return {name: value for name, value in first.items() if all(each.get(name, ()) == value for each in others)}


def common(runs: Sequence[Settings]) -> Settings | None:
    """Returns the value of each setting that most of them have: at least two, and more than any other value.

    None for a single run, which has nothing to be compared with.
    """
    if len(runs) < 2:
        return None
    found = {}
    for name in runs[0]:
        values = {repr(each[name]): each[name] for each in runs}
        (value, count), *others = Counter(repr(each[name]) for each in runs).most_common(2)
        if count > max([1, *(other for _, other in others)]):
            found[name] = values[value]
    return found


# ---- of records


def subject_of(records: Sequence[RunRecord], says_diverged: bool = False) -> Subject:
    """Returns the subject of a name, for a run or a group of seeds in the library."""
    first, record = records[0], named_first(records)
    numbers = sorted(each.id for each in records)
    number = f"#{numbers[0]}" if len(numbers) == 1 else f"#{numbers[0]}–{numbers[-1]}"
    name = "" if record.name in NAMELESS else text.name(record.name)
    origin = ""
    if record.left_at is not None:
        parent = "a deleted run" if record.parent is None else f"#{record.parent}"
        origin = f"from {parent} at epoch {text.epochs(record.left_at, record.batches)}"
    seeds = seeds_of(records) if len(records) > 1 else None
    is_diverged = says_diverged and len(records) == 1 and first.status == "diverged"
    return Subject(settings_of_record(record), number, name, note_of(records), origin, seeds, is_diverged)


def settings_of_record(record: RunRecord) -> Settings | None:
    """Returns the settings of a run; None where its experiment cannot be read."""
    try:
        return settings_of(record.experiment, record.data_set)
    except (LibraryError, SettingError):
        return None


def settings_line(settings: Settings) -> str:
    """Returns the settings in a line.

    Shape, optimizer with rate, batch size, epochs and seed are always included, others only if they are not the
    defaults.
    """
    defaults = settings_of(Experiment())
    others = [name for name in _ORDER if name not in _SAID_ELSEWHERE and settings[name] != defaults[name]]
    parts = [_part(name, settings) for name in (*_SAID_ALWAYS, *others)]
    return BETWEEN.join([setting_value(settings["shape"]), *parts])


def run_title(record: RunRecord, parent: RunRecord | None = None) -> RunName:
    """Returns the name of a single run: "#18 · 784-64-32-10 · SGD 0.2"; for a branch its changes from its parent."""
    return run_name(subject_of([record]), None if parent is None else settings_of_record(parent))


def seeds_of(records: Iterable[RunRecord]) -> str:
    """Returns the seeds of runs: "seeds 1–5", "seeds 1, 4, 9", "seed 1"."""
    found = sorted({seed for each in records if (seed := seed_number(each)) is not None})
    if not found:
        return ""
    if found == list(range(found[0], found[-1] + 1)) and len(found) > 2:
        return f"seeds {found[0]}–{found[-1]}"
    return f"seed{'s' * (len(found) > 1)} {text.listed([str(seed) for seed in found])}"


def title_in_group(record: RunRecord, records: Sequence[RunRecord]) -> RunName:
    """Returns what a run is called below its group: "seed 3", with its name if that is another than the group's."""
    has_own = record.name not in (*NAMELESS, named_first(records).name)
    return RunName.of(seed_of(record), [text.name(record.name)] if has_own else [])
