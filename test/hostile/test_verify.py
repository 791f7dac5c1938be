"""`attune verify`: which tensor is which, what is compared, and what the report says."""

import json
import os

import numpy as np
import onnx
import pytest
from building import MALFORMED, model, node, value
from onnx import numpy_helper

X = np.array([[1, -2, 3, -4]], np.float32)
Z = np.array([[5, 5, 5, 5]], np.float32)


def two_outputs():
    """sum = x + z, difference = x - z."""
    nodes = [node("Add", ["x", "z"], ["sum"]), node("Sub", ["x", "z"], ["difference"])]
    return model(nodes, inputs=[value("x"), value("z")],
                 outputs=[value("sum"), value("difference")])


GOOD = {"input_0": (X, "x"), "input_1": (Z, "z"), "output_0": (X + Z, "sum"),
        "output_1": (X - Z, "difference")}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    path = tmp_path_factory.mktemp("verify") / "model.onnx"
    onnx.save(two_outputs(), path)
    return path


def case(folder, artifact, **sets):
    folder.mkdir()
    os.link(artifact, folder / "model.onnx")
    for name, tensors in sets.items():
        (folder / name).mkdir()
        for file, (values, tensor_name) in tensors.items():
            proto = numpy_helper.from_array(values, tensor_name)
            (folder / name / f"{file}.pb").write_bytes(proto.SerializeToString())
    return folder


# Changes to a good data set, the exit code and the message.
SETS = {
    "good": ({}, 0, ""),
    "unnamed": ({"input_0": (X, ""), "input_1": (Z, ""), "output_0": (X + Z, "")}, 0, ""),
    "in-another-order": ({"input_0": (Z, "z"), "input_1": (X, "x")}, 0, ""),
    "unnamed-meets-named": ({"input_0": (X, "z"), "input_1": (Z, "")}, MALFORMED,
                            "input_1.pb ('') belongs to no input"),
    "named-twice": ({"input_1": (Z, "x")}, MALFORMED, "input_1.pb ('x') belongs to no input"),
    "one-too-many": ({"input_2": (Z, "")}, MALFORMED, "input_2.pb ('') belongs to no input"),
    "one-missing": ({"input_1": None}, MALFORMED, "no value for input 'z'"),
    "first-missing": ({"input_0": None}, MALFORMED, "no value for input 'x'"),
    "output-missing": ({"output_1": None}, 1, "the model has 2 outputs, the data set 1"),
    "output-too-many": ({"output_2": (X, "")}, 1, "the model has 2 outputs, the data set 3"),
    "output-of-another-name": ({"output_1": (X - Z, "other")}, 1,
                               "output 1 is 'difference', expected 'other'"),
    "nothing-expected": ({"output_0": None, "output_1": None}, 1,
                         "the model has 2 outputs, the data set 0"),
    "both-differ": ({"output_0": (X, "sum"), "output_1": (X, "difference")}, 1, "output 'sum'"),
}


@pytest.mark.parametrize("name", SETS)
def test_data_set(attune, artifact, tmp_path, name):
    changes, code, message = SETS[name]
    tensors = {file: tensor for file, tensor in {**GOOD, **changes}.items() if tensor}
    folder = case(tmp_path / name, artifact, test_data_set_0=tensors)
    done = attune("verify", f"{folder}/", "--json")
    assert done.returncode == code, done.stderr
    report = json.loads(done.stdout)["cases"][0]
    assert report["case"] == name
    assert report["result"] == ("error" if code == MALFORMED else "fail" if code else "pass")
    assert message in report["message"]


def off(amount):
    return {**GOOD, "output_0": (X + Z + np.float32(amount), "sum")}


def test_sets_come_by_their_numbers_and_the_worst_is_kept(attune, artifact, tmp_path):
    worst = off(0)
    worst["output_1"] = ((X - Z) * np.float32([[1, 1, 1, 3]]), "difference")
    folder = case(tmp_path / "sets", artifact, test_data_set_10=off(1), test_data_set_2=worst,
                  another_set=off(99))
    done = attune("verify", folder, "--json")
    report = json.loads(done.stdout)["cases"][0]
    assert "'difference'" in report["message"], "set 2 comes before set 10"
    assert report["max_abs"] == 18 and report["worst_index"] == [0, 3]
    assert report["max_rel"] == pytest.approx(2 / 3)
    assert report["rel_to_max"] == pytest.approx(2 / 3)
    attune.ok("verify", folder, "--atol", "18")
    assert attune("verify", folder, "--atol", "17.9").returncode == 1


def test_cases_go_on_after_an_error(attune, artifact, tmp_path):
    bad = case(tmp_path / "bad", artifact, test_data_set_0={**GOOD, "input_2": (X, "")})
    good = case(tmp_path / "good", artifact, test_data_set_0=GOOD)
    done = attune("verify", bad, good, "--json")
    assert done.returncode == MALFORMED
    report = json.loads(done.stdout)
    assert [entry["result"] for entry in report["cases"]] == ["error", "pass"]
    assert (report["passed"], report["failed"]) == (1, 1)
    assert report["cases"][0]["error"]["code"] == MALFORMED and "error" not in report["cases"][1]
