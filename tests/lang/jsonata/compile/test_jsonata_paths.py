"""Paths: what they collect, what they keep apart, and what is bound on the way."""

from __future__ import annotations

import pytest

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata

SHOP = {
    "orders": [
        {"id": "o1", "lines": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}], "tags": ["x"]},
        {"id": "o2", "lines": [{"sku": "c", "n": 3}], "tags": []},
        {"id": "o3"},
    ],
    "one": [{"v": 5}],
    "grid": [[1, 2], [3, [4]]],
}


def value(text, data=SHOP, **bindings):
    return compile_jsonata(text).evaluate(data, bindings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders.id", ["o1", "o2", "o3"]),
        ("orders.lines.sku", ["a", "b", "c"]),
        ("one.v", 5),
        ("one.v[]", [5]),
        ("one[]", [{"v": 5}]),
        ("orders.nothing", UNDEFINED),
        ("orders.tags", "x"),
        ("grid", [[1, 2], [3, [4]]]),
        ("grid.$", [1, 2, 3, [4]]),
        ("grid[0]", [1, 2]),
        ("orders[0].id", "o1"),
        ("orders[-1].id", "o3"),
        ("orders.lines[0].sku", ["a", "c"]),
        ("(orders.lines)[0].sku", "a"),
        ("orders[[0, 2]].id", ["o1", "o3"]),
        ("orders[id = 'o2'].lines.n", 3),
        ("orders.lines[n > 1].sku", ["a", "c"]),
        ("orders[lines].id", ["o1", "o2"]),
        ("orders.[id, $count(lines)]", [["o1", 2], ["o2", 1], ["o3", 0]]),
        ("orders.(id & '!')", ["o1!", "o2!", "o3!"]),
        ("orders.lines^(>n).sku", ["c", "a", "b"]),
        ("orders^(missing).id", ["o1", "o2", "o3"]),
        ("orders.lines{sku: n}", {"a": 2, "b": 1, "c": 3}),
        ("orders.lines{'all': $sum(n)}", {"all": 6}),
        ("$sum(**.n)", 6),
        ("one.*", 5),
        ("orders.lines.(%.id)", ["o1", "o1", "o2"]),
        ("orders.lines[%.id = 'o1'].sku", ["a", "b"]),
        ("orders@$o.one.{'o': $o.id, 'v': v}", [{"o": f"o{number}", "v": 5} for number in (1, 2, 3)]),
        ("orders#$i.lines.($i & sku)", ["0a", "0b", "1c"]),
        ("orders.lines.sku#$i[$i > 0]", UNDEFINED),
        ("'one'.v", 5),
        ("orders.$count(lines)", [2, 1, 0]),
        ("$.one.v", 5),
        ("$$.one.v", 5),
        ("[{'a': 1}][0].a", UNDEFINED),
    ],
)
def test_a_path(text, expected):
    assert expected == value(text)


def test_a_binding_is_read_like_the_input():
    assert "o2" == value("$s.orders[1].id", UNDEFINED, s=SHOP)
    assert ["a", "b", "c"] == value("$s.orders.lines.sku", UNDEFINED, s=SHOP)
    assert UNDEFINED is value("$s.no.such.thing", UNDEFINED, s=SHOP)
    assert UNDEFINED is value("$unknown.a.b.c.d.e.f", UNDEFINED)


def test_an_input_that_is_an_array_is_one_value():
    assert 3 == value("$count($)", [1, 2, 3])
    assert [[1, 2, 3]] == value("[[$]]", [1, 2, 3])
    assert [1, 2] == value("a", [{"a": 1}, {"a": 2}])


def test_results_are_plain_json_and_the_input_itself_where_possible():
    found = value("{'ids': orders.id, 'pairs': orders.[id], 'all': $}")

    assert {"ids": list, "pairs": list, "all": dict} == {key: type(item) for key, item in found.items()}
    assert SHOP is found["all"]
    assert all(type(item) is list for item in found["pairs"])


def test_values_are_never_changed():
    before = repr(SHOP)

    assert 1 == value("($ ~> |orders|{'id': 1}, 'lines'|).orders[0].id")
    assert SHOP == value("$ ~> |$$|{'id': 1}|")
    assert before == repr(SHOP)


def test_order_by_refuses_what_has_no_order():
    with pytest.raises(JSONataError, match="T2008"):
        value("orders^(lines)")
    with pytest.raises(JSONataError, match="T2007"):
        value("[1, 'a']^($)")
