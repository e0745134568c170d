"""``sweep`` and ``train --seeds`` as they are typed: what they tell, refuse and record. No processes are started."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from engine.datasets import Dataset
from engine.sweeps.results import FINISHED, STOPPED
from engine.sweeps.run_execution import RunSpec
from nnviz.commands import cli
from nnviz.commands import plan_command as many
from nnviz.library import Library, library_path
from nnviz.library.locks import Lock
from nnviz.library.sweeps import SweepLibrary
from nnviz.sweeps import sweep_writer
from tests.nnviz.library.disks import FailingDisk
from tests.nnviz.sweeps.helpers import Here

WORDS = ("--data", "spirals", "--points", "200", "--hidden", "6", "--epochs", "3", "--optimizer", "adam")
RATES = ("--vary", "learning-rate=0.0001,0.05")


@pytest.fixture(autouse=True)
def executors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Here]:
    """In place of the pool; those that were made."""
    made: list[Here] = []

    class Near(Here):
        def __init__(self, data: Dataset, name: str, settings: object, workers: int | None) -> None:
            super().__init__(data, workers or 2)
            made.append(self)

        def __enter__(self) -> Near:
            return self

        def __exit__(self, *error: object) -> None:
            self.close()

    monkeypatch.setattr(many, "ProcessPool", Near)
    monkeypatch.setattr(tqdm, "monitor_interval", 0)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets Ctrl+C come when the run of that number begins."""

    def at(number: int) -> None:
        import os
        import signal

        begin = Here.next

        def next_one(self: Here, timeout: float) -> Any:
            if self._waiting and self._waiting[0].number == number:
                monkeypatch.setattr(Here, "next", begin)
                os.kill(os.getpid(), signal.SIGINT)
            return begin(self, timeout)

        monkeypatch.setattr(Here, "next", next_one)

    return at


def sweep(*words: str) -> int:
    return cli.main(["sweep", *words])


# ---- a full disk


def test_a_full_disk_is_reported_and_what_could_not_be_written_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk, begin = FailingDisk(tmp_path / "disk", monkeypatch), Here.next
    monkeypatch.setenv("NNVIZ_LIBRARY", str(disk.folder / "library.sqlite"))
    monkeypatch.setattr(sweep_writer, "SECONDS_BETWEEN_COMMITS", 0)

    def next_one(self: Here, timeout: float) -> Any:
        if len(self.done) == 3:
            disk.fill()
        return begin(self, timeout)

    with monkeypatch.context() as filled:
        filled.setattr(Here, "next", next_one)
        assert sweep(*WORDS, *RATES, "--seeds", "3") == 1
    out, err = capsys.readouterr()
    assert err.count("The results cannot be written: library.sqlite: the disk is full") == 1
    assert "3 runs could not be written. Resuming the sweep trains them again" in err
    assert "Traceback" not in out + err
    assert "chosen: trial" in out, "what is in memory is reported"
    disk.make_room()
    assert sweep("--resume", "1") == 0
    with Library() as library:
        assert [(run.status, run.epochs) for run in library.runs()] == [("finished", 3)] * 6
        assert SweepLibrary(library).get(1).status == FINISHED


# ---- what is reported


def test_a_table_of_the_best_and_the_test_error_of_the_chosen_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(*WORDS, *RATES, "--seeds", "3") == 0
    first, recorded, head, best, other, chosen, test, compared = capsys.readouterr().out.splitlines()
    assert first == (
        "2 trials on a grid, 3 seeds each: 6 runs. Compared by the validation set, "
        "10 % of the training set; no pruning."
    )
    assert recorded.startswith(f"recorded as sweep 1 in {library_path()}")
    columns = ["rank", "trial", "learning rate", "validation error: median", "lowest", "highest", "seeds", "runs"]
    assert " ".join(head.split()) == " ".join(columns)
    assert best.split()[:3] == ["1", "2", "0.05"]
    assert best.endswith("3 of 3  4, 5, 6")
    assert other.split()[:3] == ["2", "1", "0.0001"]
    assert chosen == "chosen: trial 2, learning rate 0.05"
    assert test.startswith("its test error: median ")
    assert "3 seeds. It was not used to select the trial" in test
    assert compared.startswith("Too few seeds to tell: ")
    assert compared.endswith("Compared by validation error; a significance test needs at least 5 seeds each.")
    with Library() as library:
        reported = [f"{100 * run.figures['test_error']:.2f} %" for run in library.runs() if run.trial == 0]
        assert len(library.runs()) == 6
        assert SweepLibrary(library).get(1).status == FINISHED
    assert not any(each in best + other for each in reported if each not in (best, other) and each in test)


def test_seeds_of_one_experiment_are_reported_with_their_spread(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *WORDS, "--seeds", "3", "--seed", "4", "--title", "mine"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 seeds: 3 runs"
    assert [line.split()[0] for line in lines[3:6]] == ["4", "5", "6"]
    assert lines[-1].startswith("test error median ")
    assert lines[-1].endswith(", 3 seeds")
    with Library() as library:
        assert [run.experiment.training.validation_share for run in library.runs()] == [0, 0, 0]
        assert (SweepLibrary(library).get(1).kind, SweepLibrary(library).get(1).name) == ("seeds", "mine")


def test_numbers_are_compared_by_their_rmse(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data", "sine", "--epochs", "2", "--vary", "hidden=4,8")
    assert sweep(*words) == 0
    out = capsys.readouterr().out
    assert "validation RMSE: median" in out
    assert "its test RMSE: " in out


def test_json_tells_all_and_the_test_error_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(*WORDS, *RATES, "--seeds", "5", "--json") == 0
    reported = json.loads(capsys.readouterr().out)
    assert (reported["sweep"], reported["kind"], reported["is_done"], reported["failed"]) == (1, "sweep", True, 0)
    assert [trial["values"] for trial in reported["trials"]] == [{"learning_rate": 0.05}, {"learning_rate": 0.0001}]
    assert [len(trial["runs"]) for trial in reported["trials"]] == [5, 5]
    assert reported["trials"][0]["score"] == reported["trials"][0]["spread"]["median"]
    assert reported["chosen"]["test_error"]["count"] == 5
    assert json.dumps(reported).count("test_error") == 1
    assert reported["first_and_second"]["pairs"] == 25
    assert 0 <= reported["first_and_second"]["p"] <= 1


# ---- stopping and going on


def test_ctrl_c_keeps_what_is_done_and_tells_how_to_go_on(
    interrupted: Callable[[int], None], capsys: pytest.CaptureFixture[str], executors: list[Here]
) -> None:
    interrupted(3)
    assert sweep(*WORDS, *RATES, "--seeds", "3") == cli.INTERRUPTED
    reported = capsys.readouterr()
    assert "stopped; continue with: python main.py sweep --resume 1\n" in reported.err
    with Library() as library:
        assert SweepLibrary(library).get(1).status == STOPPED
        assert 2 <= len(library.runs()) < 6
    cli.main(["runs"])
    out = capsys.readouterr().out
    assert "sweep 1 was stopped; continue with: python main.py sweep --resume 1" in out
    assert sweep("--resume", "1") == 0
    assert "continuing sweep 1" in capsys.readouterr().out
    assert sum(len(each.done) for each in executors) == 6
    with Library() as library:
        assert sorted((run.trial, run.experiment.seed) for run in library.runs()) == [
            (trial, seed) for trial in (0, 1) for seed in (1, 2, 3)
        ]
    assert sweep("--resume", "1") == 0
    assert "nothing is left to train. Raise --runs or --minutes to continue." in capsys.readouterr().err


def test_a_finished_sweep_goes_on_with_a_larger_budget(executors: list[Here]) -> None:
    words = ("--vary", "learning-rate=log:0.001..0.1", "--runs")
    assert sweep(*WORDS, *words, "3") == 0
    assert sweep("--resume", "1", "--runs", "5") == 0
    assert [len(each.done) for each in executors] == [3, 2]
    with Library() as library:
        assert SweepLibrary(library).get(1).plan.runs == 5
        rates = {run.experiment.training.learning_rate for run in library.runs()}
        assert len(rates) == 5


def test_data_that_changed_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def write(shift: int) -> None:
        rows = "".join(f"{number},{number * 7 % 11},{'ab'[(number + shift) % 2]}\n" for number in range(60))
        (tmp_path / "mine.csv").write_text("p,q,kind\n" + rows)

    write(0)
    assert sweep("--data", "mine.csv", "--epochs", "1", "--vary", "hidden=3,4") == 0
    with Library() as library:
        assert library.run(1).experiment.data == str(tmp_path / "mine.csv")
    write(1)
    assert sweep("--resume", "1") == cli.USAGE_ERROR
    assert "have changed since it started" in capsys.readouterr().err


def test_a_sweep_that_another_program_works_on_is_left_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(*WORDS, *RATES) == 0
    from nnviz.library.sweeps import take_lock

    lock = take_lock(library_path(), 1)
    assert sweep("--resume", "1") == cli.USAGE_ERROR
    lock.release()
    assert "is in use by another program" in capsys.readouterr().err


def test_a_lock_that_cannot_be_made_is_reported_and_the_sweep_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(lock: Lock) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Lock, "acquire", denied)
    assert sweep(*WORDS, *RATES) == 0
    assert "The runs are not recorded: " in capsys.readouterr().err


# ---- without a library, and with what fails


def test_nothing_is_recorded_where_that_is_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(*WORDS, *RATES, "--no-record") == 0
    assert not library_path().exists()
    assert "chosen: trial 2" in capsys.readouterr().out


def test_a_library_out_of_reach_is_reported_and_the_sweep_is_done(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNVIZ_LIBRARY", str(tmp_path / "file" / "library.sqlite"))
    assert sweep(*WORDS, *RATES) == 0
    reported = capsys.readouterr()
    assert "nnviz: The run is not recorded: library.sqlite: the library cannot be accessed" in reported.err
    assert "chosen: trial 2" in reported.out


def test_runs_that_all_diverge_choose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data", "spirals", "--points", "200", "--hidden", "6", "--epochs", "2", "--optimizer", "sgd")
    assert sweep(*words, "--vary", "learning-rate=1e30,2e30") == 1
    out = capsys.readouterr().out
    assert "no trial finished with all its seeds: none is chosen" in out
    assert "diverged" in out


def test_one_that_fails_is_reported_and_the_others_are_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Here.submit

    def submit(self: Here, *specs: RunSpec) -> None:
        (spec,) = specs
        experiment = spec.experiment.changed(batch_size=5000) if spec.number == 1 else spec.experiment
        begin(self, RunSpec(spec.number, experiment))

    monkeypatch.setattr(Here, "submit", submit)
    assert sweep(*WORDS, *RATES) == 0
    reported = capsys.readouterr()
    assert "Trial 1 with seed 1 failed: batch_size is 5,000" in reported.err
    assert "chosen: trial 2" in reported.out


# ---- bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            [],
            "--vary is missing: name a setting that varies between the runs. For example --vary",
        ),
        (["--vary", "beauty=1,2"], "vary is 'beauty': it must be the name of a setting. Choose from: activation, loss"),
        (["--vary", "hidden=4,x"], "hidden is 'x'"),
        ([*RATES, "--seeds", "0"], "seeds is 0: it must be a whole number of at least 1"),
        ([*RATES, "--runs", "0"], "runs is 0"),
        ([*RATES, "--seeds", "3", "--runs", "2"], "runs is 2: it must be at least 3, the number of seeds"),
        ([*RATES, "--minutes", "-1"], "minutes is -1: it must be a finite number above 0"),
        ([*RATES, "--workers", "0"], "--workers is 0: it must be a whole number of at least 1"),
        ([*RATES, "--workers", "5000"], "--workers is 5000: it must be at most 1,000"),
        ([*RATES, "--sampler", "luck"], "invalid choice: 'luck'"),
        ([*RATES, "--prune", "all"], "invalid choice: 'all'"),
        ([*RATES, "--shape", "2,3,2", "--hidden", "3"], "--hidden cannot be given with --shape"),
        (["--vary", "batch-size=10,5000"], "batch_size is 5,000: it must be at most the"),
        (["--seeds", "3", "--prune", "median"], "--prune requires --vary"),
        (["--resume", "3"], "There is no sweep 3."),
        (["--resume", "3", "--vary", "hidden=3", "--epochs", "2"], "--vary, --epochs cannot be given with --resume 3"),
        (["--save", "net.json"], "unrecognized arguments: --save net.json"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_recorded(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [] if "--resume" in words else ["--data", "spirals", "--points", "200"]
    try:
        code = sweep(*data, *words)
    except SystemExit as left:
        code = left.code
    assert code == cli.USAGE_ERROR
    assert said in capsys.readouterr().err
    with Library() as library:
        assert SweepLibrary(library).all() == []


@pytest.mark.parametrize("words", [("--prune", "asha"), ("--prune", "hyperband"), ("--sampler", "tpe")])
def test_without_optuna_what_needs_it_is_refused_before_anything_is_recorded(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert sweep(*WORDS, *RATES, *words) == cli.USAGE_ERROR
    assert f"{words[0][2:]}: “{words[1]}” requires Optuna" in capsys.readouterr().err
    with Library() as library:
        assert SweepLibrary(library).all() == []


def test_a_rule_of_optuna_is_named_and_stops_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    assert sweep(*WORDS, *RATES, "--prune", "hyperband") == 0
    assert "unpromising runs are pruned by the rule “hyperband”" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--save", "--checkpoint", "--resume"])
def test_options_of_one_network_are_refused_for_several_seeds(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "--seeds", "3", option, "net.npz"]) == cli.USAGE_ERROR
    assert f"{option} cannot be given with --seeds 3" in capsys.readouterr().err


# ---- the list of runs


def test_the_list_tells_to_which_sweep_a_run_belongs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sweep(*WORDS, *RATES, "--seeds", "2")
    capsys.readouterr()
    cli.main(["runs"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["run", "sweep"]
    assert [row.split()[:3] for row in rows[:4]] == [
        ["4", "1:", "2"],
        ["3", "1:", "2"],
        ["2", "1:", "1"],
        ["1", "1:", "1"],
    ]
    cli.main(["runs", "show", "3"])
    assert "sweep:       1, trial 2: learning rate 0.05\n" in capsys.readouterr().out
    cli.main(["runs", "--json"])
    assert [(run["sweep"], run["trial"]) for run in json.loads(capsys.readouterr().out)] == [(1, 1)] * 2 + [(1, 0)] * 2
    cli.main(["runs", "export", "3", str(tmp_path / "out")])
    assert "not included: its place in sweep 1" in capsys.readouterr().out
    cli.main(["runs", "import", str(tmp_path / "out" / "run.nnvizrun")])
    with Library() as library:
        assert library.run(5).sweep is None
