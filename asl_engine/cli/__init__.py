"""The command `asl`: run, validate, render, serve."""

from asl_engine.cli.main import main

__all__ = ["main"]
