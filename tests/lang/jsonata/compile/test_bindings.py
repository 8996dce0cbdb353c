"""Paths with something bound on the way: what `@` and `#` name, and whom `%` means, in every kind of step."""

from __future__ import annotations

import pytest

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata

FLEET = {
    "ships": [
        {"id": 1, "name": "Erebus", "crew": [{"n": "Fitz", "pay": 9}, {"n": "Gore", "pay": 4}]},
        {"id": 2, "name": "Terror", "crew": [{"n": "Crozier", "pay": 12}]},
    ],
    "ports": [{"ship": 2, "at": "Cork"}, {"ship": 1, "at": "Hull"}, {"ship": 1, "at": "Kiel"}],
    "deep": {"a": {"b": {"c": {"d": {"e": 5}}}}},
}


def value(text, data=FLEET, **bindings):
    return compile_jsonata(text).evaluate(data, bindings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ships@$s.ports[ship = $s.id].at", ["Hull", "Kiel", "Cork"]),
        ("ships@$s.ports@$p[$s.id = $p.ship].{'ship': $s.name, 'at': $p.at}",
         [{"ship": "Erebus", "at": "Hull"}, {"ship": "Erebus", "at": "Kiel"}, {"ship": "Terror", "at": "Cork"}]),
        ("ships#$i.(name & $i)", ["Erebus0", "Terror1"]),
        ("ships.crew#$i.(n & $i)", ["Fitz0", "Gore1", "Crozier0"]),
        ("ships#$i.crew#$k.(n & $i & $k)", ["Fitz00", "Gore01", "Crozier10"]),
        ("ships.crew#$i[$i = 1].n", "Gore"),
        ("ships.crew#$i[-1].n", "Crozier"),
        ("ships#$i[$i > 5].name", UNDEFINED),
        ("ships.crew.{'who': n, 'ship': %.name}",
         [{"who": "Fitz", "ship": "Erebus"}, {"who": "Gore", "ship": "Erebus"}, {"who": "Crozier", "ship": "Terror"}]),
        ("ships.crew[%.id = 2].n", "Crozier"),
        ("ships.crew.n.(%.pay & %.%.id)", ["91", "41", "122"]),
        ("ships.(crew).(n & %.name)", ["FitzErebus", "GoreErebus", "CrozierTerror"]),
        ("ships.(name; crew).(n & %.name)", ["FitzErebus", "GoreErebus", "CrozierTerror"]),
        ("(ships.crew).(n & %.name)", ["FitzErebus", "GoreErebus", "CrozierTerror"]),
        ("ships.crew.($s := %.name; $s & n)", ["ErebusFitz", "ErebusGore", "TerrorCrozier"]),
    ],
)  # fmt: skip
def test_what_is_bound_is_seen_further_on(text, expected):
    """A name bound at a step is known in the filters and steps behind it, and a parent is reached from anywhere."""
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ships.crew^(pay).n", ["Gore", "Fitz", "Crozier"]),
        ("ships.crew^(>pay)#$i.(n & $i)", ["Crozier0", "Fitz1", "Gore2"]),
        ("ships@$s.$s.crew^(>$s.id, pay).n", ["Crozier", "Gore", "Fitz"]),
        ("ships#$i^(>$i).name", ["Terror", "Erebus"]),
        ("ships^(>id)#$i.(name & $i)", ["Terror0", "Erebus1"]),
        ("ships@$s.ports@$p[$p.ship = $s.id]^($p.at).($s.id & $p.at)", ["2Cork", "1Hull", "1Kiel"]),
        ("ships@$s[$s.id = 1]^($s.id).$s.name", "Erebus"),
    ],
)  # fmt: skip
def test_sorting_keeps_what_is_bound(text, expected):
    """`^(...)` sorts by what is bound, keeps it beside the values, and numbers what it has sorted."""
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ships#$i{name: $i}", {"Erebus": 0, "Terror": 1}),
        ("ships@$s.ports@$p[$p.ship = $s.id]{$s.name: $p.at}", {"Erebus": ["Hull", "Kiel"], "Terror": "Cork"}),
        ("(ships.crew#$i)[$i = 1].n", UNDEFINED),
        ("(ships.crew)[pay > 5].(n & %.name)", ["FitzErebus", "CrozierTerror"]),
        ("ships.crew#$i.n[]", ["Fitz", "Gore", "Crozier"]),
        ("ships@$s[0].ports[ship = $s.id][0].at", "Hull"),
    ],
)  # fmt: skip
def test_groups_and_filters_over_bindings(text, expected):
    """A grouping gathers the bindings of its members, and a filter behind brackets still sees them."""
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("%", "S0217"),
        ("ships.%.%.%", "S0217"),
        ("ships.crew^(pay).(n & %.id)", "S0217"),
        ("ships[0]@$s.id", "S0215"),
        ("ships^(id)@$s.id", "S0216"),
        ("ships@name", "S0214"),
        ("ships^(crew).id", "T2008"),
    ],
)  # fmt: skip
def test_what_cannot_be_bound(text, code):
    """A parent that nothing can fill, a binding in the wrong place and terms without an order are refused."""
    with pytest.raises(JSONataError) as caught:
        value(text)
    assert code == caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$deep.a.b.c.d.e", 5),
        ("$deep.a.b.c.d.x", UNDEFINED),
        ("($x := {'deep': deep}; $x.deep.a.b.c.d)", {"e": 5}),
        ("$sum([1])[]", 1),
        ("deep.a.b.c.d.e", 5),
        ("(1; 2; 3)", 3),
        ("($a := 1; $b := $a + 1; $a + $b)", 3),
        ("()", UNDEFINED),
        ("(ships[id = 1] ? 'yes' : 'no')", "yes"),
        ("ships[id = 9] ? 'yes'", UNDEFINED),
        ("deep.**.e", 5),
        ("deep.a.*.*.d", {"e": 5}),
        ("ships.*[0][]", [1, 2]),
        ("ships[0].crew[pay > 5][]", [{"n": "Fitz", "pay": 9}]),
        ("[ships.id, [3]]", [1, 2, [3]]),
        ("ships.crew[pay > 100].n", UNDEFINED),
        ("ships[[0, -1]].id", [1, 2]),
    ],
)  # fmt: skip
def test_ordinary_paths_and_blocks(text, expected):
    """Paths without bindings, blocks of several expressions, and conditions without an else."""
    assert expected == value(text, deep=FLEET["deep"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ships ~> |crew|{'pay': 1}, 5|", "T2012"),
        ("ships ~> |crew|5|", "T2011"),
        ("1 and $sqrt(-1)", "D3060"),
        ("0 or $sqrt(-1)", "D3060"),
        ("5 ~> 6", "T2006"),
        ("sum(1)", "T1005"),
        ("nothing(1)", "T1006"),
        ("sum(?, 1)", "T1007"),
        ("nothing(?, 1)", "T1008"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_or_changed(text, code):
    """What is no function, and what a transformation cannot put in or delete, is an error with a code."""
    with pytest.raises(JSONataError) as caught:
        value(text)
    assert code == caught.value.code
