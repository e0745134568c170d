"""Tries all attacks in turn, each in processes of its own; prints seeds, counts and failures. See ``--help``."""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.hostile.attack import ATTACKS, child_environment
from tests.hostile.child import load_attacks

_GRACE = 30  # seconds that a process may take beyond what its cases may


@dataclass
class Result:
    """What came of one process: how its cases ended, and what failed."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def run(name: str, seed: int, first: int, most: int) -> Result:
    """Tries a process full of cases."""
    attack, result = ATTACKS[name], Result(name)
    command = [sys.executable, "-m", "tests.hostile.child", name, str(seed), str(first), str(most)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=child_environment()
    )
    try:
        out, err = child.communicate(timeout=attack.seconds * 3 + attack.cases * attack.seconds / 4 + _GRACE)
        ended = f"ended with code {child.returncode}"
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        ended = "hung"
    last, is_done = first, False
    for line in map(json.loads, out.splitlines()):
        last, is_done = line.get("case", last), "done" in line
        if "outcome" in line:
            result.outcomes[line["outcome"]] += 1
            if line["failure"]:
                result.failures.append(f"{_again(name, seed, last)}\n{line['failure']}")
    if not is_done or child.returncode:
        result.outcomes["failed"] += 1
        result.failures.append(f"{_again(name, seed, last)}\nthe process {ended}\n{err[-3000:]}")
    return result


def _again(name: str, seed: int, case: int) -> str:
    return f'{name}, case {case}; again: python -m tests.hostile.child "{name}" {seed} {case}'


def _plan(names: list[str], rounds: int, until: float) -> Iterator[tuple[str, int]]:
    """Names and first cases: each attack once a round, until the rounds are done or the time is over."""
    done = 0
    while done < rounds if rounds else time.monotonic() < until:
        for name in names:
            if not rounds and time.monotonic() >= until:
                return
            yield name, done * ATTACKS[name].cases
        done += 1


def main() -> int:
    """Returns the exit code: 1 if anything failed."""
    load_attacks()
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to try; 1 by default")
    parser.add_argument("--rounds", type=int, default=0, help="try each attack so often instead, however long it takes")
    parser.add_argument("--most", type=int, default=10**9, help="at most this number cases of each attack in a process")
    parser.add_argument("--seed", type=int, default=None, help="a new one by default")
    parser.add_argument("--only", action="append", choices=sorted(ATTACKS), help="this attack; may be given again")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    names = arguments.only or list(ATTACKS)
    print(f"seed {seed}", flush=True)
    start = time.monotonic()
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in names}
    failures: list[str] = []
    plan = _plan(names, arguments.rounds, start + 60 * arguments.minutes)
    with ThreadPoolExecutor(2) as pool:
        # Each thread takes the next part of the plan when it is free, so that the time is kept.
        waiting = {pool.submit(run, name, seed, first, arguments.most) for name, first in _take(plan, 2)}
        while waiting:
            for future in [future for future in waiting if future.done()]:
                waiting.remove(future)
                result = future.result()
                outcomes[result.name] += result.outcomes
                failures += result.failures
                for failure in result.failures:
                    print(f"\nFAILED: {failure}", flush=True)
                waiting |= {pool.submit(run, name, seed, first, arguments.most) for name, first in _take(plan, 1)}
            time.sleep(0.02)
    for name, counts in outcomes.items():
        reported = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
        print(f"{name}: {counts.total():,} cases: {reported}")
    cases = sum(counts.total() for counts in outcomes.values())
    print(f"{cases:,} cases in {time.monotonic() - start:.0f} s with seed {seed}: {len(failures)} failed")
    return 1 if failures else 0


def _take(plan: Iterator[tuple[str, int]], count: int) -> list[tuple[str, int]]:
    return [part for _, part in zip(range(count), plan, strict=False)]


if __name__ == "__main__":
    sys.exit(main())
