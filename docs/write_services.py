"""Write the table of services that `asl validate` reads, from the models of the botocore that is installed.

    pip install -U botocore && python docs/write_services.py
    python docs/write_services.py --check    only say what it would change; the exit code is 1 when that is anything

What the table has and the models have no more stays in it: definitions that name a service which AWS has retired are no
mistakes of their authors. The file has no date in it, so that the same models give the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from typing import Any, TypeAlias

import botocore
from botocore.loaders import Loader

from asl_engine.catalogue.sdk import TABLE, service_name

Table: TypeAlias = dict[str, dict[str, str]]
"""The head of a service's section -> action -> its members as they stand in the table, with a space between."""


def table_of(loader: Loader) -> Table:
    """Return what all models say."""
    models: Table = {}
    for name in loader.list_available_services("service-2"):
        model = loader.load_service_model(name, "service-2")
        service_id = model["metadata"].get("serviceId", name)
        head = f"{service_name(service_id)} {name} {service_id}"
        models = merged(models, {head: actions_of(model)})  # one service is there twice; the later name is called
    return models


def merged(known: Table, models: Table) -> Table:
    """Return a table with what both have. Of a service that both have, the head is that of the models, and so are the
    members of an action that both have."""
    heads = {head.split()[0]: head for head in [*known, *models]}
    table: Table = {head: {} for head in heads.values()}
    for head, actions in [*known.items(), *models.items()]:
        table[heads[head.split()[0]]] |= actions
    return table


def actions_of(model: dict[str, Any]) -> dict[str, str]:
    """Return the members of each action of a service, required ones with an asterisk."""
    actions = {}
    for name, operation in model["operations"].items():
        shape = model["shapes"].get(operation.get("input", {}).get("shape"), {})
        required = shape.get("required", ())
        members = shape.get("members", {}).items()
        actions[name] = " ".join(sorted(_member(key, member, key in required) for key, member in members))
    return actions


def _member(name: str, member: dict[str, Any], is_required: bool) -> str:
    """Return a member in PascalCase; tokens that make a call idempotent are made up by SDKs, so nobody has to."""
    mark = "*" if is_required and not member.get("idempotencyToken") else ""
    return name[:1].upper() + name[1:] + mark


def read_table() -> Table:
    """Return what the table says now."""
    text = gzip.decompress(TABLE.read_bytes()).decode("ascii") if TABLE.exists() else ""
    sections = (section.split("]\n", 1) for section in text.removeprefix("[").split("\n[") if section)
    return {name: dict(line.split(" ", 1) for line in lines.splitlines()) for name, lines in sections}


def text_of(table: Table) -> str:
    """Return the text of a table, in the order of names."""
    return "".join(f"[{name}]\n{_lines(actions)}" for name, actions in sorted(table.items()))


def _lines(actions: dict[str, str]) -> str:
    return "".join(f"{name} {members}\n" for name, members in sorted(actions.items()))


def differences(known: Table, table: Table) -> list[str]:
    """Return a line for each action that one table has otherwise than another, or not at all."""
    return [
        f"{service}:{action}: {known.get(service, {}).get(action, 'absent')} -> {members}"
        for service, actions in sorted(table.items())
        for action, members in sorted(actions.items())
        if known.get(service, {}).get(action) != members
    ]


def main() -> None:
    """Write the table, and say what is in it."""
    models, known = table_of(Loader()), read_table()
    table = merged(known, models)
    if "--check" in sys.argv[1:]:
        changes = differences(known, table)
        print("\n".join([*changes, f"{len(changes)} actions differ from those of botocore {botocore.__version__}"]))
        sys.exit(bool(changes))
    text = text_of(table)
    TABLE.write_bytes(gzip.compress(text.encode("ascii"), 9, mtime=0))
    size = f"{len(table)} services in {TABLE.stat().st_size:,} bytes"
    print(f"{TABLE}: {size}, those of botocore {botocore.__version__} among them")


if __name__ == "__main__":
    main()
