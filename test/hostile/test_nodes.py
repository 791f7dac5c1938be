"""Wrong nodes: every refusal of the conversion to graph form, in its own words."""

import node_refusals
import pytest
import shape_refusals
from node_text import chunk, verify

TABLES = {**vars(node_refusals), **vars(shape_refusals)}
FAMILIES = "ELEMENTWISE UNARY CONTRACT EINSUM CONV NORM REDUCE RESHAPE GATHER SLICE GENERATORS".split()


@pytest.mark.parametrize("family", FAMILIES)
def test_refused(tmp_path, family):
    verify(tmp_path, [
        chunk(op, opset, operands, words, options.get("attributes", ""),
              [options.get("result", "")] * options.get("results", 1))
        for op, opset, operands, words, options in TABLES[family]])
