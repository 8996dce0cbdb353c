"""What can happen at all: outcomes of tasks are tried, from results and inputs that are said or guessed."""

from __future__ import annotations

from asl_engine.testing.exploration.exploring import Exploration, Way, explore, tests_of

__all__ = ["Exploration", "Way", "explore", "tests_of"]
