"""What the commands say and how they end, whatever they are given."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import chain, one_state

from asl_engine.cli import main

HELLO = chain(A={"Type": "Pass", "Result": "hello"})
TASK = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
LOOP = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "E"}], "Default": "A"},
        "E": {"Type": "Succeed"},
    },
}


@pytest.fixture
def asl(tmp_path, monkeypatch, capfdbinary):
    """Call the command line in an empty folder: `asl("run", "a.json")` gives (exit code, output, messages)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["asl", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        assert "Traceback" not in err
        return end.value.code, out, err

    return call


def write(name, content):
    with open(name, "wb") as file:
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        file.write(text if isinstance(text, bytes) else text.encode())
    return name


# --- asl run ---------------------------------------------------------------------------------------------------------


def test_it_runs(asl):
    """The output goes to standard output, the account to standard error."""
    code, out, err = asl("run", write("a.json", HELLO))

    assert (0, '"hello"\n') == (code, out)
    assert "  A: done" in err
    assert err.endswith("execution succeeded\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the text is empty"),
        (b"\xe9", "not UTF-8: byte 0xe9 at offset 0"),
        (b"{nope", "ASL001 not-readable"),
        (b"[" * 100_000, "nested deeper than 400 levels"),
        (b'{"a":' * 5_000, "nested deeper than 400 levels"),
        (b"1e999", "a number this large is not a JSON value"),
        (b"[1]", "this is an array"),
        (b"null", "this is null"),
        (b'{"StartAt":"A","StartAt":"A","States":{"A":{"Type":"Succeed"}}}', "ASL002 duplicate-key"),
        (b" " * 4_200_000, "longest definition"),
        (one_state(Type="Wait", Second=5), "Did you mean 'Seconds'?"),
        ({**HELLO, "QueryLanguage": "JSONata"}, "asl: "),
    ],
)
def test_what_is_no_state_machine_does_not_start(asl, content, told):
    """The message says what is wrong; the exit code is 2."""
    code, out, err = asl("run", write("a.json", content))

    assert (2, "") == (code, out)
    assert told in err


def test_a_bomb_of_aliases_is_refused(asl):
    """Nine lines of YAML that stand for a billion parts."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]

    code, _, err = asl("run", write("a.yaml", "\n".join(lines)))

    assert 2 == code
    assert "once aliases are followed" in err


def test_a_missing_file_names_what_is_close(asl):
    write("greet.json", HELLO)

    assert (2, "", "asl: great.json: no such file. Did you mean 'greet.json'?\n") == asl("run", "great.json")
    assert "this is a folder. It holds greet.json." in asl("run", ".")[2]
    assert "no folder 'nowhere'" in asl("run", "nowhere/greet.json")[2]


def test_a_byte_order_mark_is_no_part_of_a_text(asl):
    write("a.json", b"\xef\xbb\xbf" + json.dumps(chain(A={"Type": "Pass"})).encode())
    write("in.json", b"\xef\xbb\xbf[1]")

    assert "[\n  1\n]\n" == asl("run", "a.json", "--input-file", "in.json")[1]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "--input is empty"),
        ("{x", "--input is not JSON, line 1 column 2: expected a name in double quotes"),
        ("NaN", "NaN is not a JSON value"),
        ("1e999", "a number this large is not a JSON value"),
        ("[1,]", "no comma before the closing"),
        ('{"a": ${x}}', "--input is not JSON"),
        ('"' + "x" * 300_000 + '"', "262,144 bytes"),
        ("[" * 5_000, "nested deeper than 400 levels"),
        ("[" * 450 + "]" * 450, "nested deeper than 400 levels"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("is_file", [False, True])
def test_an_input_that_is_none(asl, given, told, is_file):
    write("a.json", HELLO)
    options = ("--input-file", write("in.json", given)) if is_file else ("--input", given)

    code, out, err = asl("run", "a.json", *options)

    assert (2, "") == (code, out)
    assert told.replace("--input", "in.json" if is_file else "--input") in err


def test_a_file_of_input_that_cannot_be_read(asl):
    write("a.json", HELLO)
    write("input.json", b'"\xe9"')

    assert "Did you mean 'input.json'?" in asl("run", "a.json", "--input-file", "inputs.json")[2]
    assert "not UTF-8, at byte 1" in asl("run", "a.json", "--input-file", "input.json")[2]
    assert "asl: .: Is a directory" in asl("run", "a.json", "--input-file", ".")[2]
    assert "not both" in asl("run", "a.json", "--input-file", "input.json", "--input", "1")[2]


@pytest.mark.parametrize(
    ("text", "option", "told"),
    [
        (None, "ap.py", "ap.py: there is no such file."),
        ("def f(:", "app.py", "app.py cannot be imported: SyntaxError"),
        ("import not_there", "app.py", "No module named 'not_there'"),
        ("import sys\nsys.exit(3)", "app.py", "line 2 of "),
        ("raise BaseException", "app.py", "cannot be imported: line 1 of "),
        ("functions = 3", "app.py", "functions is of type int"),
        ("functions = {'f': 3}", "app.py", "the function 'f' is int, which cannot be called"),
        ("functions = {3: print}", "app.py", "the name of a function is a string, not 3"),
        ("def f(e, c): ...", "app.py:g", "app.py has no attribute 'g'. Known: 'f'."),
        ("def f(e, c): ...", "app.py:f", "f is a function by itself"),
        ("", "a.json", "A file of functions ends with .py."),
        ("", "folder.py", "this is a folder"),
        ("", "no_such_module:f", "there is no module 'no_such_module'"),
        ("", ".x", ".x cannot be imported"),
        ("", "", "--functions names nothing"),
        ("", ":", "--functions names nothing"),
        ("def g(e, c): ...", "app.py", "calls 'arn:aws:lambda:us-east-1:123456789012:function:f'. Known: 'g'."),
    ],
)
def test_functions_that_cannot_be_had(asl, tmp_path, text, option, told):
    write("a.json", TASK)
    (tmp_path / "folder.py").mkdir()
    if text is not None:
        write("app.py", text)

    code, out, err = asl("run", "a.json", "--functions", option)

    assert (2, "") == (code, out)
    assert told in err


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('no\\nway')", "! ValueError: no way (line 2 of app.py)"),
        ("return {1, 2}", "! Runtime.MarshalError: Unable to marshal response: the result is of type set"),
        ("raise SystemExit(3)", "exit status 3"),
        ("return f(event, context)", "! RecursionError"),
        ("raise type('Odd', (Exception,), {'__str__': None})", "! Odd: <the text of Odd cannot be made: TypeError>"),
        ("return 'x' * 300_000", "States.DataLimitExceeded"),
    ],
)
@pytest.mark.parametrize("clock", ["skip", "real"])
def test_a_function_that_fails_fails_the_execution(asl, body, told, clock):
    write("a.json", TASK)
    write("app.py", f"def f(event, context):\n    {body}")

    code, out, err = asl("run", "a.json", "--functions", "app.py", "--clock", clock)

    assert (1, "") == (code, out)
    assert told in err
    assert "execution failed: " in err


@pytest.mark.parametrize("clock", ["skip", "real"])
def test_what_is_no_exception_fails_the_execution_as_well(asl, clock):
    write("a.json", TASK)
    write("app.py", "class Odd(BaseException): ...\ndef f(event, context):\n    raise Odd('bye')")

    code, _, err = asl("run", "a.json", "--functions", "app.py", "--clock", clock)

    assert 1 == code
    assert "execution failed: Odd" in err


@pytest.mark.parametrize("clock", ["skip", "real"])
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_function_that_never_ends_is_left(asl, clock, kind):
    write("a.json", TASK)
    wait = "await asyncio.sleep(60)" if kind == "async def" else "threading.Event().wait(60)"
    head = "import asyncio, threading\nfrom asl_engine import Functions\nfunctions = Functions()\n"
    write("app.py", f"{head}@functions.register('f', timeout=0.02)\n{kind} f(e, c):\n    {wait}")

    code, _, err = asl("run", "a.json", "--functions", "app.py", "--clock", clock)

    assert 1 == code
    assert "Task timed out after 0.02 seconds" in err


def test_what_functions_print_is_no_output(asl):
    """`asl run ... | jq` reads the output and nothing else."""
    write("a.json", TASK)
    write("app.py", "print('loaded')\ndef f(event, context):\n    print('called')\n    return 1")

    code, out, err = asl("run", "a.json", "--functions", "app.py", "--quiet")

    assert (0, "1\n", "loaded\ncalled\n") == (code, out, err)


def test_quiet_is_about_the_account_and_not_about_failures(asl):
    long = "long " * 50
    write("a.json", chain(A={"Type": "Fail", "Error": "Bad", "Cause": f"one\ntwo {long}"}))
    write("b.json", one_state(Type="Wait", Seconds=60) | {"TimeoutSeconds": 5})

    assert (1, "", f"asl: execution failed: Bad: one two {long.strip()}\n") == asl("run", "a.json", "--quiet")
    assert (1, "", "asl: execution timed out\n") == asl("run", "b.json", "--quiet")


def test_halves_of_characters(asl):
    """JSON can hold them and UTF-8 cannot; they are escaped wherever they are written."""
    half = r'{"StartAt": "\ud800", "States": {"\ud800": {"Type": "Pass", "Result": "\ud83d", "End": true}}}'

    code, out, err = asl("run", write("a.json", half), "--history", "h.json", "--svg", "a.svg")

    assert (0, '"\\ud83d"\n') == (code, out)
    assert "\\ud800: done" in err
    with open("h.json", encoding="utf-8") as file:
        entered = json.load(file)["events"][1]
    assert "\ud800" == entered["stateEnteredEventDetails"]["name"]
    assert 0 == asl("render", "a.json")[0]
    assert 0 == asl("validate", "a.json")[0]


@pytest.mark.parametrize("option", ["--svg", "--history"])
def test_files_that_cannot_be_written(asl, option):
    """What can be known is said before anything runs; what cannot does not cost the output."""
    write("a.json", HELLO)

    assert (2, "", "asl: no/x cannot be written: there is no folder no.\n") == asl("run", "a.json", option, "no/x")
    assert (2, "", "asl: . cannot be written: it is a folder\n") == asl("run", "a.json", option, ".")
    code, out, err = asl("run", "a.json", option, "/dev/full", "--quiet")
    assert (2, '"hello"\n', "asl: /dev/full cannot be written: No space left on device\n") == (code, out, err)


@pytest.mark.parametrize(("kind", "status"), [("STANDARD", "failed"), ("EXPRESS", "timed out")])
def test_a_loop_without_end_ends(asl, monkeypatch, kind, status):
    monkeypatch.setattr("asl_engine.kernel.memory.LIFETIME", {"STANDARD": 1e9, "EXPRESS": 1e9})
    wait = {
        **LOOP["States"],
        "A": {**LOOP["States"]["A"], "Default": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "A"},
    }
    definition = LOOP if kind == "STANDARD" else {**LOOP, "TimeoutSeconds": 20, "States": wait}

    code, _, err = asl("run", write("a.json", definition), "--type", kind, "--quiet")

    assert 1 == code
    assert f"execution {status}" in err


@pytest.mark.parametrize("count", [5_000, 10_000])
def test_a_long_chain(asl, count):
    """No limit of recursion is met."""
    write("a.json", chain(**{f"S{number}": {"Type": "Pass"} for number in range(count)}))

    assert (0, "{}\n", "") == asl("run", "a.json", "--quiet")


def test_a_deep_nest(asl):
    inner = chain(P={"Type": "Pass"})
    for depth in range(50):
        inner = chain(**{f"N{depth}": {"Type": "Parallel", "Branches": [inner]}})
    write("a.json", inner)

    code, out, _ = asl("run", "a.json", "--quiet", "--svg", "a.svg")

    assert (0, 50) == (code, out.count("["))
    assert 0 == asl("validate", "a.json")[0]


# --- asl validate ----------------------------------------------------------------------------------------------------


def test_validate_prints_an_object_for_each_file(asl):
    """Also for files that cannot be read, which decide the exit code."""
    write("good.json", HELLO)
    write("bad.json", one_state(Type="Pass", Nxt="A"))
    write("text.yaml", "StartAt: A\nStates: {A: {Type: Succeed}}")

    code, out, err = asl("validate", "--format", "json", "good.json", "bad.json", "goof.json", "text.yaml")

    good, bad, missing, text = json.loads(out)
    assert (2, "asl: goof.json: no such file. Did you mean 'good.json'?\n") == (code, err)
    assert {"file": "good.json", "valid": True, "diagnostics": []} == good
    assert text["valid"]
    assert not bad["valid"]
    [found] = bad["diagnostics"]
    assert ["code", "severity", "message", "pointer", "line", "column", "aws"] == list(found)
    assert ("error", "/States/S/Nxt", 1) == (found["severity"], found["pointer"], found["line"])
    assert ("goof.json", False) == (missing["file"], missing["valid"])
    assert "no such file. Did you mean 'good.json'?" == missing["diagnostics"][0]["message"]


def test_validate_has_three_exit_codes(asl):
    write("good.json", HELLO)
    write("bad.json", "{}")

    assert (0, "good.json: no problems\n", "") == asl("validate", "good.json")
    assert 1 == asl("validate", "good.json", "bad.json")[0]
    assert (2, "") == asl("validate", "none.json")[:2]
    assert 2 == asl("validate", "none.json", "bad.json")[0]


def test_validate_by_type_and_with_every_rule(asl):
    token = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    write("a.json", one_state(Type="Task", Resource=token, Parameters={"QueueUrl": "q", "MessageBody": "b"}))
    plain = json.loads(asl("validate", "--format", "json", "a.json")[1])[0]["diagnostics"]

    assert 0 == asl("validate", "a.json")[0]
    assert 1 == asl("validate", "a.json", "--type", "EXPRESS")[0]
    every = json.loads(asl("validate", "--format", "json", "--select", "ALL", "a.json")[1])[0]["diagnostics"]
    assert len(every) >= len(plain)


def test_validate_takes_and_leaves_rules(asl):
    """By code, by name, by the beginning of a code; settings say it once, and the command line says otherwise."""
    write("a.json", one_state(Type="Task", Resource="f", Parameters={"password": "correct-horse"}))

    def codes(*options):
        found = json.loads(asl("validate", "--format", "json", "a.json", *options)[1])
        return {one["code"] for one in found[0]["diagnostics"]}

    assert codes() == {"ASL702"}
    assert codes("--select", "ASL451") == {"ASL702", "ASL451"}
    assert codes("--select", "secret-in-definition", "--ignore", "ASL7") == {"ASL451"}
    Path("pyproject.toml").write_text('[tool.asl]\nselect = ["ASL451"]\nignore = ["ASL702"]\n')
    assert codes() == {"ASL451"}
    assert codes("--ignore", "") == {"ASL702", "ASL451"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--select", "ASL999"), "no rule is called 'ASL999'"),
        (("--ignore", "secret-in-definitio"), "Did you mean 'secret-in-definition'?"),
        (("--ignore", "ASL101"), "ASL101 cannot be ignored: AWS refuses what it finds."),
    ],
)
def test_validate_refuses_words_that_mean_no_rule(asl, options, told):
    write("a.json", HELLO)
    code, _, errors = asl("validate", "a.json", *options)

    assert (2, True) == (code, told in errors)


@pytest.mark.parametrize("text", ["[tool.asl]\nselect = 1\n", "[tool.asl]\nelect = []\n", "[tool"])
def test_settings_that_are_none_are_refused(asl, text):
    write("a.json", HELLO)
    Path("pyproject.toml").write_text(text)

    assert (2, True) == (asl("validate", "a.json")[0], "pyproject.toml" in asl("validate", "a.json")[2])


def test_validate_for_github_and_for_code_scanning(asl):
    write("a,b.json", one_state(Type="Wait", Second=5))
    lines = asl("validate", "--format", "github", "a,b.json")[1].splitlines()
    log = json.loads(asl("validate", "--format", "sarif", "a,b.json")[1])

    assert all(line.startswith("::error file=a%2Cb.json,line=") for line in lines)
    [run] = log["runs"]
    assert "2.1.0" == log["version"]
    assert {"ASL102", "ASL611"} == {result["ruleId"] for result in run["results"]}
    assert {"ASL102", "ASL611"} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_validate_looks_into_folders(asl):
    Path("machines/deep").mkdir(parents=True)
    write("machines/deep/a.asl.json", HELLO)
    Path("machines/notes.txt").write_text("no definition")
    Path("empty").mkdir()

    assert (0, "machines/deep/a.asl.json: no problems\n", "") == asl("validate", "machines")
    assert (2, True) == (asl("validate", "empty")[0], "a folder without definitions" in asl("validate", "empty")[2])


def test_explain(asl):
    code, page, _ = asl("explain", "ASL207")

    assert (0, True) == (code, page.startswith("ASL207 polling-without-limit\nwarning, off by default; AWS takes it"))
    assert page == asl("explain", "polling-without-limit")[1]
    assert "ASL001  not-readable" in asl("explain")[1]
    assert (2, True) == (asl("explain", "ASL9999")[0], "no rule is called" in asl("explain", "ASL9999")[2])


def test_explain_all_rules(asl):
    """The pages of all rules make one page, with a table at its head."""
    _, page, _ = asl("explain", "--all")

    assert "| [ASL207](#asl207-polling-without-limit) | polling-without-limit | warning, off |" in page
    assert len(re.findall("^## ASL", page, re.MULTILINE)) == len(asl("explain")[1].splitlines())


# --- asl render, and the command itself ------------------------------------------------------------------------------


def test_render(asl):
    write("a.json", HELLO)
    asl("run", "a.json", "--history", "h.json", "--quiet")

    assert asl("render", "a.json")[1].startswith("<svg")
    assert (0, "", "") == asl("render", "a.json", "--history", "h.json", "-o", "a.svg")
    assert "there is no folder no" in asl("render", "a.json", "-o", "no/a.svg")[2]


def test_render_in_other_formats(asl):
    """The suffix tells, and --format stands above it."""
    write("a.json", HELLO)

    assert asl("render", "a.json", "--format", "mermaid")[1].startswith("flowchart TB\n")
    assert (0, "", "") == asl("render", "a.json", "-o", "a.dot", "--fold", "--direction", "lr", "--title", "Hello")
    assert "rankdir=LR" in Path("a.dot").read_text("utf-8")
    code, out, err = asl("render", "a.json", "-o", "a.jpeg")
    assert (2, "") == (code, out)
    assert "asl: a.jpeg: a name that ends in .jpeg does not tell what the picture shall be" in err


def test_run_draws_what_the_name_says(asl):
    """A name that says nothing known is refused before anything runs."""
    write("a.json", HELLO)

    assert 0 == asl("run", "a.json", "--quiet", "--svg", "a.mmd")[0]
    assert "n0 ==> n1" in Path("a.mmd").read_text("utf-8")
    code, out, err = asl("run", "a.json", "--svg", "a.tiff")
    assert (2, "") == (code, out)
    assert err.startswith("asl: a.tiff: a name that ends in .tiff")


def test_render_png_to_standard_output_and_file(asl, capfdbinary, monkeypatch):
    pytest.importorskip("vl_convert")
    write("a.json", HELLO)

    assert (0, "", "") == asl("render", "a.json", "-o", "a.png")
    monkeypatch.setattr("sys.argv", ["asl", "render", "a.json", "--format", "png"])
    with pytest.raises(SystemExit):
        main()
    assert Path("a.png").read_bytes() == capfdbinary.readouterr().out


def test_render_what_changed(asl):
    """The summary goes to standard output, unless the picture goes there."""
    write("old.json", HELLO)
    write("new.json", chain(A={"Type": "Pass", "Result": "hi"}))
    summary = 'states: 1 changed; transitions: none changed\n~ A: Result: "hello" → "hi"\n'

    assert (0, summary, "") == asl("render", "--diff", "old.json", "new.json", "-o", "a.svg")
    assert "is-changed" in Path("a.svg").read_text("utf-8")
    code, out, err = asl("render", "--diff", "old.json", "new.json", "--format", "markdown")
    assert (0, summary) == (code, err)
    assert out.startswith(f"```text\n{summary}```\n\n```mermaid\n")
    assert "draw two" in asl("render", "--diff", "old.json", "new.json", "--history", "h.json")[2]


@pytest.mark.parametrize(
    "history",
    [
        {},
        3,
        {"events": 3},
        [{"id": 1}],
        [{"type": 3}],
        [{"type": "PassStateEntered", "id": "x"}],
        [{"type": "PassStateEntered", "stateEnteredEventDetails": [1]}],
    ],
)
def test_what_is_no_history_is_not_drawn(asl, history):
    write("a.json", HELLO)

    code, out, err = asl("render", "a.json", "--history", write("h.json", history))

    assert (2, "") == (code, out)
    assert "h.json is not a history" in err


@pytest.mark.parametrize(
    "arguments", [["nope"], ["run"], ["run", "a", "--clock", "x"], ["validate"], ["serve", "--port", "x"], ["--nope"]]
)
def test_wrong_use(asl, arguments):
    code, out, err = asl(*arguments)

    assert (2, "") == (code, out)
    assert err.startswith("Usage: ")


def test_a_mistake_of_ours_is_told_in_a_line(asl, monkeypatch):
    """With its place; the traceback is there for whoever asks for it."""
    monkeypatch.setattr("asl_engine.engine.StateMachine.load", lambda *_, **__: 1 / 0)

    code, _, err = asl("run", "a.json")

    assert 2 == code
    assert "asl: unexpected ZeroDivisionError: division by zero (line " in err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", ""], "a host is needed"),
        (["--host", "192.0.2.1"], "cannot listen on '192.0.2.1' port 0: "),
        (["--functions", "none.py"], "there is no such file"),
        (["--aws-endpoint-url", "localhost:4566"], "--aws-endpoint-url takes an address such as"),
        (["--mock-config", "a.json"], "a.json: the mock configuration must be a JSON object"),
        (["--mock-config", "b.json"], "there is no mocked response 'charged'"),
    ],
)
def test_an_endpoint_that_cannot_start(asl, options, told):
    write("a.json", [1])
    write("b.json", {"StateMachines": {"x": {"TestCases": {"y": {"Charge": "charged"}}}}})

    code, out, err = asl("serve", "--port", "0", *options)

    assert (2, "") == (code, out)
    assert told in err
