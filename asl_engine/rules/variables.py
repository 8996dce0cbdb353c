"""Rules about variables: their names, and which of them a state may assign."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import Finding
from asl_engine.pointers import escape
from asl_engine.quotas import MAX_VARIABLE_NAME
from asl_engine.rules.outline import BlockSite, Outline, Site, is_distributed, is_open
from asl_engine.rules.registry import rule


@rule("ASL802", "bad-variable-name")
def bad_variable_name(outline: Outline) -> Iterator[Finding]:
    """`Assign` names a variable as no variable can be named.

    A name begins with a letter or an underscore, goes on with those and digits, has at most 80 characters, and is not
    `states`, which is reserved.

    Bad:
        {"Type": "Pass", "Assign": {"states": 1}, "End": true}

        {"Type": "Pass", "Assign": {"order-id.$": "$.id"}, "End": true}

    Good:
        {"Type": "Pass", "Assign": {"orderId.$": "$.id"}, "End": true}
    """
    for site in outline.having("assign"):
        for name, pointer in _assigned(site):
            if problem := _name_problem(name):
                yield Finding(pointer, problem, on_key=True)


def _assigned(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the names that an `Assign` assigns, with their pointers."""
    for key in site.part.assign or {}:
        name = key if site.is_jsonata else key.removesuffix(".$")
        yield name, f"{site.at('assign')}/{escape(key)}"


def _name_problem(name: str) -> str:
    if is_open(name):
        return ""
    if name == "states":
        return "'states' is reserved: $states holds the input, the result and the context"
    if not name.isidentifier():
        return f"{name!r} is not a name for a variable: letters, digits and _ only, and no digit first"
    return f"a variable's name has at most {MAX_VARIABLE_NAME} characters" if len(name) > MAX_VARIABLE_NAME else ""


@rule("ASL803", "outer-variable-assigned", aws="DUPLICATE_VARIABLE_NAME")
def outer_variable_assigned(outline: Outline) -> Iterator[Finding]:
    """A state within a Map or a Parallel assigns a variable of the same name as one outside of it.

    Inner states read the variables outside and cannot change them, and no name may mean two variables at once. What a
    Map or Parallel found out is its result, which its own `Assign` can keep. A distributed Map sees no variables.

    Bad:
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Assign": {"total": 0}, "End": true, "Branches": [
          {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"total.$": "$.n"}, "End": true}}}]}}}

    Good:
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Assign": {"total.$": "$[0]"}, "End": true, "Branches": [
          {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"own.$": "$.n"}, "End": true}}}]}}}
    """
    names: dict[int, set[str]] = {}
    for site in outline.having("assign"):
        if site.state is not None:
            names.setdefault(id(site.state.block), set()).update(name for name, _ in _assigned(site))
    for site in outline.having("assign"):
        if site.state is None:
            continue
        outer = {name for block in _enclosing(site.state.block) for name in names.get(id(block), ())}
        for name, pointer in _assigned(site):
            if name in outer:
                message = f"{name!r} is a variable outside of this block, where states inside cannot assign it"
                aws_text = f"The variable name '{name}' was already defined in a parent scope."
                yield Finding(pointer, message, " Use another name.", on_key=True, aws_text=aws_text)


def _enclosing(block: BlockSite) -> Iterator[BlockSite]:
    """Yield the blocks whose variables a block can see, from the inside out."""
    while block.holder is not None and not is_distributed(block.holder):
        block = block.holder.block
        yield block
