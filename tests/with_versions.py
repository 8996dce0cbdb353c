"""Run the tests with the lowest versions of what the package needs, or with the newest, in an environment of its own.

    python tests/with_versions.py lowest
    python tests/with_versions.py newest tests/lang -x

Further arguments go to pytest. The tools of the tests (pytest and its plugins) are those of `constraints.txt` for
`lowest`. The AWS CLI and moto want a botocore of their own, so they are left out there, and the tests that talk to
them are skipped.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins() -> list[str]:
    """Return `name==version` for the lower bound of each dependency, the extras that users install included."""
    needs = [*PROJECT["dependencies"], *(need for name, group in EXTRAS.items() if name != "dev" for need in group)]
    return [re.sub(r"(\[.*\])?>=", "==", need) for need in needs]


def tools() -> list[str]:
    """Return the plugins of pytest that the tests are run with."""
    return [need for need in EXTRAS["dev"] if need.startswith("pytest-")]


def main(which: str, *arguments: str) -> int:
    """Make the environment, install, run; return pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        extras = ",".join(name for name in EXTRAS if name != "dev")
        if which == "lowest":
            constraints = Path(folder, "lowest.txt")
            constraints.write_text("\n".join(pins()), encoding="utf-8")
            wanted = [f"{ROOT}[{extras}]", *tools(), "-c", str(constraints)]
        else:
            wanted = ["-U", f"{ROOT}[dev]"]
        subprocess.run([*install, *wanted], check=True)
        subprocess.run([python, "-m", "pip", "list"], check=True)
        return subprocess.run([python, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] not in (["lowest"], ["newest"]):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
