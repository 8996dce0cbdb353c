"""A campaign: many cases, each within its time and memory, and an account of those that were not.

A fuzzer gives `run` a function that makes a case from chance, and one that tries it. What a case may raise the trier
catches; whatever else it raises is a finding, as are more than `SLOW` seconds of processor time, and a process that has
grown beyond `LARGE`. The command's exit status is 1 where there are findings.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import FrameType
from typing import Any, Final

SLOW: Final = 2.0
"""Seconds of processor time that one case may take."""

LARGE: Final = 500_000_000
"""Bytes that the process may have held at most."""

HUNG: Final = 20
"""Seconds of processor time after which a case is ended and is a finding."""


@dataclass
class Campaign:
    """What a campaign has seen: how many cases of each kind ended in which way, and what should not have been."""

    cases: int = 0
    slowest: float = 0.0
    endings: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The account, in lines."""
        endings = ", ".join(f"{count:,} {name}" for name, count in sorted(self.endings.items()))
        counts = f"{self.cases:,} cases ({endings}), slowest {self.slowest:.2f} s, {peak() / 1e6:.0f} MB at most"
        return "\n".join([*self.findings, f"{counts}, {len(self.findings)} findings"])


def peak() -> int:
    """Return the most bytes of memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class _Hung(BaseException):
    """Raised in a case that does not end."""


def _end(number: int, frame: FrameType | None) -> None:
    raise _Hung


def run(make: Callable[[Random], Any], attempt: Callable[[Any], str], seconds: float, seed: int) -> Campaign:
    """Try cases for so many seconds; `attempt` says in a word how a case ended."""
    campaign = Campaign()
    signal.signal(signal.SIGPROF, _end)
    end, limit, number = time.monotonic() + seconds, max(LARGE, peak() + LARGE // 4), 0
    while time.monotonic() < end:
        number += 1
        case = make(Random(f"{seed}/{number}"))
        _try(campaign, f"{seed}/{number}", case, attempt)
        if peak() > limit:
            campaign.findings.append(f"--- {seed}/{number}: the process holds {peak():,} bytes: {_shown(case)}")
            limit = peak() * 2
    return campaign


def _try(campaign: Campaign, name: str, case: Any, attempt: Callable[[Any], str]) -> None:
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, HUNG)
    try:
        campaign.endings[attempt(case)] += 1
    except _Hung:
        campaign.findings.append(f"--- {name} does not end: {_shown(case)}")
    except BaseException:
        campaign.findings.append(f"--- {name}: {_shown(case)}\n{traceback.format_exc(limit=-6)}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    taken = time.process_time() - began
    campaign.cases += 1
    campaign.slowest = max(campaign.slowest, taken)
    if taken > SLOW:
        campaign.findings.append(f"--- {name} took {taken:.1f} s: {_shown(case)}")


def _shown(case: Any) -> str:
    text = repr(case)
    return text if len(text) < 1_000 else f"{text[:900]}... ({len(text):,} characters)"


def main(make: Callable[[Random], Any], attempt: Callable[[Any], str], about: str) -> None:
    """Be the command of a fuzzer: `--seconds N --seed S`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same cases")
    options = parser.parse_args()
    campaign = run(make, attempt, options.seconds, options.seed)
    print(campaign.summary())
    sys.exit(1 if campaign.findings else 0)
