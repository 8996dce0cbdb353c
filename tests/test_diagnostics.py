"""Reports: for people, for programs."""

from __future__ import annotations

import json

from asl_engine.diagnostics import Diagnostic, Report, Severity, Span

HERE = Span(2, 9, 2, 13)


def diagnostic(severity: Severity = Severity.ERROR, span: Span = HERE, near: str = "") -> Diagnostic:
    return Diagnostic("ASL201", "dangling-transition", severity, "no state is named 'Bx'", "/States/A/Next", span, near)


SOURCE = '{\n "Next": "Bx"\n}'


def test_warnings_leave_a_report_valid() -> None:
    assert Report("x", [diagnostic(Severity.WARNING)]).valid
    assert not Report("x", [diagnostic(Severity.WARNING), diagnostic()]).valid


def test_the_text_shows_the_line_and_points_at_the_part() -> None:
    report = Report("x.json", [diagnostic(near=" Did you mean 'B'?")], SOURCE)
    assert report.text() == (
        "x.json:2:9: error ASL201 dangling-transition: no state is named 'Bx'. Did you mean 'B'?\n"
        "  at /States/A/Next\n"
        '  2 |  "Next": "Bx"\n'
        "    |         ^^^^\n"
        "\n"
        "x.json: 1 error"
    )


def test_colours_are_for_the_severity_and_the_carets() -> None:
    report = Report("x.json", [diagnostic()], SOURCE)
    text = report.text(lambda severity, text: f"<{severity}:{text}>")
    assert "x.json:2:9: <error:error> ASL201 " in text
    assert "    |         <error:^^^^>\n" in text


def test_nothing_in_a_document_commands_the_terminal() -> None:
    found = Diagnostic(
        "ASL201", "dangling-transition", Severity.ERROR, "no \x1b[2J", "/States/\x9b2J", Span(1, 1, 1, 4)
    )
    text = Report("x.json", [found], "a\x1b[2J\x07").text()
    assert not {"\x1b", "\x9b", "\x07"} & set(text)


def test_lines_are_counted_as_editors_do() -> None:
    """A line separator inside of a text begins no line."""
    report = Report("x.json", [diagnostic(span=Span(2, 1, 2, 3))], "a\u2028b\x0cc\r\nde")
    assert "  2 | de\n    | ^^\n" in report.text()


def test_a_part_of_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    report = Report("x.json", [diagnostic(span=Span(1, 1, 3, 2))], SOURCE)
    assert "  1 | {\n    | ^\n" in report.text()


def test_a_line_without_end_is_cut_around_the_part() -> None:
    source = "[" + "1," * 5000 + '"Bx"]'
    told = Report("x.json", [diagnostic(span=Span(1, 10_002, 1, 10_006))], source).text()
    assert max(len(line) for line in told.splitlines()) < 200
    pictured, carets = told.splitlines()[2:4]
    assert '"Bx"' == pictured[carets.index("^") : carets.rindex("^") + 1]


def test_a_place_beyond_the_text_is_no_failure() -> None:
    assert "ASL201" in Report("x", [diagnostic(span=Span(99, 1, 99, 2))], SOURCE).text()


def test_the_json_form_is_the_one_that_is_promised() -> None:
    (told,) = json.loads(Report("x.json", [diagnostic(near=" Did you mean 'B'?")]).json())["diagnostics"]
    assert told == {
        "code": "ASL201",
        "severity": "error",
        "message": "no state is named 'Bx'. Did you mean 'B'?",
        "pointer": "/States/A/Next",
        "line": 2,
        "column": 9,
        "aws": None,
    }


def test_the_summary_counts() -> None:
    report = Report("x", [diagnostic(), diagnostic(), diagnostic(Severity.WARNING), diagnostic(Severity.INFO)])
    assert "x: 2 errors, 1 warning" == report.summary()
    assert "x: no problems" == Report("x").summary()
