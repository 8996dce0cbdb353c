"""Write the pages of `docs/rules/`: `.venv/bin/python docs/write_rules.py`."""

from __future__ import annotations

from pathlib import Path

from asl_engine.rules.check import rules
from asl_engine.rules.pages import pages_by_file

if __name__ == "__main__":
    for name, page in pages_by_file(rules().values()).items():
        (Path(__file__).parent / "rules" / name).write_text(page, encoding="utf-8")
