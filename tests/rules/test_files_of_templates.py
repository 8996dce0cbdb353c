"""A template names files that are read: only those that its author could have put beside it."""

import json
from pathlib import Path

import pytest

from asl_engine import check
from asl_engine.rules.check import check_file
from asl_engine.source.document import read_document
from asl_engine.source.template import files_in


def template(folder, uri):
    """Write a template of one state machine that names a file, and return its path."""
    folder.mkdir(exist_ok=True)
    file = folder / "template.json"
    properties = {"DefinitionUri": uri, "DefinitionSubstitutions": {"A": "b"}}
    machine = {"Type": "AWS::Serverless::StateMachine", "Properties": properties}
    file.write_text(json.dumps({"Resources": {"M": machine}}))
    return file


@pytest.mark.parametrize("uri", ["../secret", "/etc/hostname", "/proc/self/environ", "link", "circle", "a\0b"])
def test_a_file_outside_of_the_template_s_folder_is_not_read(tmp_path, uri):
    """Neither by a path, nor by a link; the report names the place and quotes nothing."""
    (tmp_path / "secret").write_text("KEY=${A}")
    file = template(tmp_path / "app", uri)
    (tmp_path / "app" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "app" / "circle").symlink_to(tmp_path / "app" / "circle")
    checked = check_file(file)
    assert checked.files == []
    assert "ASL723" in [finding.code for finding in checked.diagnostics]
    assert "KEY" not in checked.text()


def test_another_folder_may_be_allowed_but_no_special_files(tmp_path):
    """What is not a file of a disk is never read, whatever is allowed."""
    (tmp_path / "machine.asl.json").write_text("{}")
    file = template(tmp_path / "app", "../machine.asl.json")
    assert check_file(file, below=tmp_path).files == [str(tmp_path / "machine.asl.json")]
    codes = [[finding.code for finding in check(file, files_below=below).diagnostics] for below in (None, tmp_path)]
    assert [True, False] == ["ASL723" in each for each in codes]
    assert check_file(template(tmp_path / "app", "/dev/stdin"), below=Path("/")).files == []


@pytest.mark.parametrize("uri", ["template.json", "./template.json", "x/../template.json", "x/../x/../template.json"])
def test_a_template_that_names_itself_has_one_name(tmp_path, uri):
    """However it is written, it is the file that was checked already."""
    file = template(tmp_path / "app", uri)
    (tmp_path / "app" / "x").mkdir()
    assert files_in(read_document(file)) == [file]
