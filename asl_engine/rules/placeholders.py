"""Rules about what a template fills into its definitions."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import Finding, Severity
from asl_engine.rules.outline import Outline
from asl_engine.rules.registry import rule


@rule("ASL721", "placeholder-without-value", aws=None, severity=Severity.WARNING)
def placeholder_without_value(outline: Outline) -> Iterator[Finding]:
    """A definition in a template has a placeholder to which `DefinitionSubstitutions` gives no value.

    CloudFormation leaves it as it is, so that the state machine has the text `${Name}` in it. What `Fn::Sub` fills in
    is another matter: it knows parameters and resources, and CloudFormation refuses what it does not know.

    Bad:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionSubstitutions": {"Works": {"Ref": "Work"}},
          "Definition": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Work}", "End": true}}}}}}}

    Good:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionSubstitutions": {"Work": {"Ref": "Work"}},
          "Definition": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Work}", "End": true}}}}}}}

        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "Definition": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": {"Fn::Sub": "${Work}"},
            "End": true}}}}}}}
    """
    for placeholder in outline.filling.missing if outline.filling else ():
        message = f"DefinitionSubstitutions gives no value to ${{{placeholder.name}}}, which stays as it is"
        yield Finding(placeholder.pointer, message, span=placeholder.span)


@rule("ASL722", "substitution-without-placeholder", aws=None, severity=Severity.INFO)
def substitution_without_placeholder(outline: Outline) -> Iterator[Finding]:
    """`DefinitionSubstitutions` gives a value to a name that is no placeholder of the definition.

    Bad:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionSubstitutions": {"Work": {"Ref": "Work"}},
          "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}}}}}

    Good:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionSubstitutions": {"Work": {"Ref": "Work"}},
          "Definition": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Work}", "End": true}}}}}}}
    """
    for placeholder in outline.filling.unused if outline.filling else ():
        yield Finding(placeholder.pointer, f"the definition has no ${{{placeholder.name}}}", span=placeholder.span)


@rule("ASL723", "file-outside", aws=None, severity=Severity.WARNING)
def file_outside(outline: Outline) -> Iterator[Finding]:
    """`DefinitionUri` of a template names a file outside of the template's folder, which is not read.

    `asl validate --files-below FOLDER` allows another folder; files that are none (`/dev`, `/proc`) are never read.

    Bad:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionUri": "../../etc/passwd"}}}}

    Good:
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {
          "DefinitionUri": "statemachines/order.asl.json"}}}}
    """
    for file in outline.filling.refused if outline.filling else ():
        message = f"{file.name!r} is outside of the folder of this template, and is not read"
        yield Finding(file.pointer, message, " --files-below FOLDER allows another folder.", span=file.span)
