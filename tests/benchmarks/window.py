"""How soon the window stands, what watching costs, how quickly it answers, and whether it grows.

    python -m tests.benchmarks.window [--platform offscreen|xvfb] [--minutes M] [--json FILE]

Start-up is timed over fresh processes, from the moment one is asked for; Python finds its compiled files, as at every
start but the first. All other figures come from one process and one run on each platform, with and without the window
in turn. Prints tables and one line of JSON. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.children import ROOT, machine

STARTS = 7
PLATFORMS = ("offscreen", "xvfb")
# What is to be reached: path in a platform's figures, whether it is the most or the least, and the figure.
REACH: dict[str, tuple[tuple[str, ...], str, float]] = {
    "first paint, warm, s": (("start", "first_paint"), "≤", 0.6),
    "MNIST ready, s": (("start", "mnist_ready"), "≤", 1.0),
    "throughput with ÷ without, 784-64-32-10": (("throughput", "784-64-32-10", "with_by_without"), "≥", 0.9),
    "throughput with ÷ without, 784-256-10": (("throughput", "784-256-10", "with_by_without"), "≥", 0.9),
    "views per second, 784-64-32-10": (("throughput", "784-64-32-10", "views_per_second"), "≥", 20),
    "views per second, 784-256-10": (("throughput", "784-256-10", "views_per_second"), "≥", 20),
    "views per second while drawing": (("answers", "views_per_second"), "≥", 20),
    "mouse latency p99, ms": (("answers", "mouse_latency_ms", "p99"), "≤", 16),
    "stroke to prediction p99, ms": (("answers", "stroke_to_prediction_ms", "p99"), "≤", 25),
    "moments per second, scrubbing while training": (("scrubbing", "views_per_second"), "≥", 20),
    "scrubbing, mouse latency p99, ms": (("scrubbing", "mouse_latency_ms", "p99"), "≤", 16),
    "moments per second, looking back while training and drawing": (("looking back", "views_per_second"), "≥", 20),
    "the same, mouse latency p99, ms": (("looking back", "mouse_latency_ms", "p99"), "≤", 16),
    "Look inside, with ÷ without, 784-64-32-10": (
        ("inside", "throughput", "784-64-32-10", "with_by_without"),
        "≥",
        0.9,
    ),
    "diagrams per second, training and drawing": (("inside", "training", "views_per_second"), "≥", 12),
    "Look inside, mouse latency p99, ms": (("inside", "training", "mouse_latency_ms", "p99"), "≤", 16),
    "Look inside, stroke to prediction p99, ms": (("inside", "training", "stroke_to_prediction_ms", "p99"), "≤", 40),
    "stroke to attributions p99, ms": (("inside", "training", "stroke_to_attributions_ms", "p99"), "≤", 40),
    "diagrams per second, at rest and drawing": (("inside", "rest", "views_per_second"), "≥", 20),
    "at rest: stroke to attributions p99, ms": (("inside", "rest", "stroke_to_attributions_ms", "p99"), "≤", 40),
    "memory growth over 500 cycles, MB": (("memory", "growth_mb"), "≤", 10),
}


@contextlib.contextmanager
def environment(platform: str) -> Iterator[dict[str, str]]:
    """For a child on that platform, with settings of its own: nobody's choices disturb, or are disturbed."""
    with tempfile.TemporaryDirectory() as home:
        own = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_RUNTIME_DIR": home}
        own["NNVIZ_LIBRARY"] = f"{home}/library.sqlite"
        own["PYTHONPYCACHEPREFIX"] = f"{home}/compiled"
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        if platform == "offscreen":
            yield {**own, "QT_QPA_PLATFORM": "offscreen"}
            return
        receive, send = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(send), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
            pass_fds=(send,),
            stderr=subprocess.DEVNULL,
        )
        os.close(send)
        try:
            with os.fdopen(receive) as number:
                display = f":{number.readline().strip()}"
            yield {**own, "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
        finally:
            server.terminate()
            server.wait()


def child(module: str, env: dict[str, str], *arguments: str) -> dict[str, Any]:
    """The line of JSON that a measuring process prints. Raises CalledProcessError."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def start_figures(env: dict[str, str]) -> dict[str, Any]:
    """Medians over fresh processes, after one that warms the disk's cache."""
    child("window_start", env, str(time.time()))
    starts = [child("window_start", env, str(time.time())) for _ in range(STARTS)]
    return {
        **{name: statistics.median(start[name] for start in starts) for name in starts[0]},
        "all": starts,
    }


def figure(figures: dict[str, Any], path: Sequence[str]) -> float:
    """What lies at the end of a path."""
    for name in path:
        figures = figures[name]
    return float(figures)  # type: ignore[arg-type]


def print_table(platform: str, figures: dict[str, Any]) -> None:
    """Each figure beside its goal."""
    print(f"\n{platform}, {' × '.join(str(side) for side in figures['size'])}")
    for name, (path, sign, goal) in REACH.items():
        value = figure(figures, path)
        reached = value <= goal if sign == "≤" else value >= goal
        print(f"  {name:<46}{value:>9.3g}   {sign} {goal:g}  {'reached' if reached else 'missed'}")
    between = figures["answers"]["between_views_ms"]
    print(
        f"  between two views, ms: {'  '.join(f'{name} {between[name]:.0f}' for name in ('p50', 'p95', 'p99', 'max'))}"
    )
    if "training_growth_mb" in figures["memory"]:
        minutes, growth = figures["memory"]["minutes"], figures["memory"]["training_growth_mb"]
        print(f"  memory growth over {minutes:g} minutes of training: {growth:.1f} MB")


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints tables and a line of JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.window", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--platform", choices=PLATFORMS, action="append", help="only that one (default: both)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, to see it grow (default: 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there, too")
    chosen = parser.parse_args(given)
    result: dict[str, Any] = {"machine": machine(("PyQt5", "pyqtgraph"))}
    for platform in chosen.platform or PLATFORMS:
        if platform == "xvfb" and shutil.which("Xvfb") is None:
            print("\nxvfb: Xvfb is not installed (Debian: xvfb)")
            continue
        with environment(platform) as env:
            start = start_figures(env)
            result[platform] = {**child("window_figures", env, "--minutes", str(chosen.minutes)), "start": start}
        print_table(platform, result[platform])
    line = json.dumps(result)
    print(f"\n{line}")
    if chosen.json:
        chosen.json.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
