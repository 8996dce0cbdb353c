"""Write the table of services that `asl validate` reads, from the models of the botocore that is installed.

    pip install -U botocore && python docs/write_services.py
    python docs/write_services.py --check    only say what it would change; the exit code is 1 when that is anything

What the table has and the models have no more stays in it: definitions that name a service which AWS has retired are no
mistakes of their authors. The file has no date in it, so that the same models give the same bytes.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import botocore
from botocore.loaders import Loader

from asl_engine.catalogue.sdk import SERVICES, TABLE, service_name

Table: TypeAlias = dict[str, dict[str, str]]
"""A service as the list of services has it -> operation or .structure -> its members as they stand in the table."""


def table_of(loader: Loader) -> Table:
    """Return what all models say."""
    models: Table = {}
    for name in loader.list_available_services("service-2"):
        model = loader.load_service_model(name, "service-2")
        service_id = model["metadata"].get("serviceId", name)
        head = f"{service_name(service_id)} {name} {service_id}"
        models = merged(models, {head: Requests(model["shapes"]).of(model["operations"])})
    return models  # one service is there twice; the later name is called


def merged(known: Table, models: Table) -> Table:
    """Return a table with what both have. Of a service that both have, the head is that of the models, and so are the
    members of an operation that both have."""
    heads = {head.split()[0]: head for head in [*known, *models]}
    table: Table = {head: {} for head in heads.values()}
    for head, shapes in [*known.items(), *models.items()]:
        table[heads[head.split()[0]]] |= shapes
    return table


class Requests:
    """Writes the requests of a service's operations, and the structures in them."""

    def __init__(self, shapes: dict[str, Any]) -> None:
        self.shapes = shapes
        self.structures: dict[str, str] = {}
        self.open: list[str] = []

    def of(self, operations: dict[str, Any]) -> dict[str, str]:
        """Return the members of each operation's request, and those of all structures that these lead to."""
        requests = {}
        for name, operation in operations.items():
            shape = self.shapes.get(operation.get("input", {}).get("shape"), {})
            requests[name] = self._members(shape)
        return requests | self.structures

    def _members(self, shape: dict[str, Any]) -> str:
        required, payload = shape.get("required", ()), shape.get("payload")
        return " ".join(
            self._member(name, member, name in required, name == payload)
            for name, member in shape.get("members", {}).items()
        )

    def _member(self, name: str, member: dict[str, Any], is_required: bool, is_payload: bool) -> str:
        """Return a member in PascalCase. Tokens that make a call idempotent are made up by SDKs, so nobody has to; a
        body that is streamed must be there (recorded of S3's putObject, September 2026)."""
        kind = self._kind(member["shape"])
        if is_payload and kind == "x" and (member.get("streaming") or self.shapes[member["shape"]].get("streaming")):
            kind, is_required = "y", True
        mark = "*" if is_required and not member.get("idempotencyToken") else ""
        return f"{name[:1].upper()}{name[1:]}{mark}:{kind}"

    def _kind(self, name: str) -> str:
        shape = self.shapes[name]
        if shape["type"] == "structure" and not shape.get("document"):
            if f".{name}" not in self.structures:
                self.structures[f".{name}"] = ""  # it may hold itself
                self.structures[f".{name}"] = self._members(shape)
            return f".{name}"
        if shape["type"] not in ("list", "map"):
            return _KINDS[shape["type"]]
        if name in self.open:  # a list of itself: whatever is in it
            return "D"
        self.open.append(name)
        is_list = shape["type"] == "list"
        kind = self._kind(shape["member" if is_list else "value"]["shape"])
        self.open.pop()
        return ("[" if is_list else "{") + kind


_KINDS = {
    "string": "s", "character": "s", "integer": "i", "long": "l", "float": "f", "double": "d", "boolean": "b",
    "timestamp": "t", "blob": "x", "structure": "D",
}  # fmt: skip


def read_table() -> Table:
    """Return what the table says now."""
    with ZipFile(TABLE) as files:
        texts = {name: files.read(name).decode("ascii") for name in files.namelist()}
    heads = texts[SERVICES].splitlines()
    return {head: dict(line.split(" ", 1) for line in texts[head.split()[0]].splitlines()) for head in heads}


def write_table(table: Table) -> None:
    """Write a table, in the order of names and without dates."""
    texts = {SERVICES: "".join(f"{head}\n" for head in sorted(table))}
    texts |= {head.split()[0]: _lines(shapes) for head, shapes in sorted(table.items())}
    with ZipFile(TABLE, "w") as files:
        for name, text in texts.items():
            files.writestr(ZipInfo(name), text, ZIP_DEFLATED, 9)


def _lines(shapes: dict[str, str]) -> str:
    return "".join(f"{name} {members}\n" for name, members in sorted(shapes.items()))


def differences(known: Table, table: Table) -> list[str]:
    """Return a line for each operation or structure that one table has otherwise than another, or not at all."""
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
        print("\n".join([*changes, f"{len(changes)} shapes differ from those of botocore {botocore.__version__}"]))
        sys.exit(bool(changes))
    write_table(table)
    size = f"{len(table)} services in {TABLE.stat().st_size:,} bytes"
    print(f"{TABLE}: {size}, those of botocore {botocore.__version__} among them")


if __name__ == "__main__":
    main()
