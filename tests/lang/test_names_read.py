"""Which variables an expression reads, in both languages."""

import pytest

from asl_engine.lang.names_read import variables_read


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$total", {"total"}),
        ("$total.a[0]", {"total"}),
        ("$.total", set()),
        ("$$.Execution.Id", set()),
        ("States.Format('{} of $x', $total, $.a)", {"total"}),
    ],
)
def test_a_path_reads_the_variable_at_its_root(text, names):
    """The input and the context object are no variables, nor is what stands in quotes."""
    assert names == variables_read(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{% $total + $states.input.n %}", {"total", "states"}),
        ("{% ($total := 2; $total) %}", set()),
        ("{% ($a := $total; $a) %}", {"total"}),
        ("{% ($total; $total := 2) %}", {"total"}),
        ("{% ($total := 2; $total) + $total %}", {"total"}),
        ("{% $map($list, function($item) { $item + $rate }) %}", {"list", "rate"}),
        ("{% $list@$item.($item.price * $rate) %}", {"list", "rate"}),
        ("{% ($f := function($n) { $n = 0 ? 1 : $f($n - 1) }; $f($total)) %}", {"total"}),
        ("{% '$total' & $sum([1]) %}", set()),
        ("{% $states.input[price > $limit] %}", {"states", "limit"}),
        ("{% $total + %}", set()),
        ("{% ${Placeholder} + $total %}", set()),
    ],
)
def test_an_expression_reads_what_it_does_not_bind_itself(text, names):
    """A name is bound from its `:=` to the end of its block, a parameter in its function; what is called is neither."""
    assert names == variables_read(text)
