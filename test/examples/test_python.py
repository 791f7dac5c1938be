"""The Python module of the build tree, beside onnx and onnxruntime in one process."""

import json
import os
import pickle
import re
import signal
import sys
import threading
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from conftest import BUILD, call

sys.path.insert(0, os.path.join(BUILD, "python"))
import attune  # noqa: E402

X = np.arange(8, dtype=np.float32).reshape(2, 4)
Y = np.repeat(X.sum(1, keepdims=True) + 1, 3, axis=1)


@pytest.fixture(scope="module")
def model(small_model):
    return attune.compile(small_model)


def model_of(nodes, inputs, outputs):
    """The bytes of a model; tensors are given as (name, type, shape)."""
    infos = [[helper.make_tensor_value_info(*t) for t in tensors] for tensors in (inputs, outputs)]
    graph = helper.make_graph(nodes, "graph", *infos)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                             ir_version=9).SerializeToString()


@pytest.fixture(scope="module")
def two_outputs():
    """sum and difference of a and b, which have the odd names "a.1" and "b"."""
    nodes = [helper.make_node(op, ["a.1", "b"], [to], name=to) for op, to in
             (("Add", "sum"), ("Sub", "difference"))]
    return attune.compile(model_of(
        nodes, [(n, TensorProto.FLOAT, ["n"]) for n in ("a.1", "b")],
        [(n, TensorProto.FLOAT, ["n"]) for n in ("sum", "difference")]))


def test_call_by_position_and_by_name(model):
    np.testing.assert_array_equal(model(X), Y)
    np.testing.assert_array_equal(model(x=X), Y)
    np.testing.assert_array_equal(model.run({"x": X})["y"], Y)
    np.testing.assert_array_equal(model(X.tolist()), Y)


def test_several_outputs(two_outputs):
    total, difference = two_outputs(np.float32([3, 4]), np.float32([1, 2]))
    assert total.tolist() == [4, 6] and difference.tolist() == [2, 2]
    results = two_outputs.run({"b": np.float32([1]), "a.1": np.float32([5])})
    assert list(results) == ["sum", "difference"] and results["difference"] == [4]


def test_sizes_may_be_zero(model):
    assert model(np.empty((0, 4), np.float32)).shape == (0, 3)


@pytest.mark.parametrize("form", ["path", "bytes", "proto"])
def test_forms_of_a_model(small_model, form):
    proto = onnx.load(small_model)
    given = {"path": small_model, "bytes": proto.SerializeToString(), "proto": proto}[form]
    np.testing.assert_array_equal(attune.compile(given)(X), Y)


def test_signature(model):
    (x,), (y,) = model.inputs, model.outputs
    assert (x.name, x.dtype, x.shape) == ("x", np.dtype("float32"), ("batch", 4))
    assert (y.name, y.shape) == ("y", ("batch", 3)) and str(y) == "y: float32[batch, 3]"
    assert list(model.symbols) == ["batch"]
    assert "x: float32[batch, 4]" in repr(model)


def test_inputs_are_read_in_place(model):
    """The kernel sees a change that is made behind the session's back, between its steps."""
    session = model._native.session()
    x = X.copy()

    def allocate(index, shape):
        x[:] = 1  # after the inputs were handed over
        allocate.array = np.empty(shape, np.float32)
        return allocate.array

    session.run([model._input("x", x)], allocate)
    assert (allocate.array == 5).all()


def test_inputs_are_not_copied_on_the_way(model):
    for array in (X, np.ones((2, 4), np.float32)):
        assert model._input("x", array)[2] is array
    frozen = X.copy()
    frozen.flags.writeable = False
    assert model._input("x", frozen)[2] is frozen
    np.testing.assert_array_equal(model(frozen), Y)


def test_odd_layouts_are_copied(model):
    np.testing.assert_array_equal(model(np.asfortranarray(X)), Y)
    np.testing.assert_array_equal(model(np.repeat(X, 2, axis=1)[:, ::2]), Y)
    np.testing.assert_array_equal(model(X.astype(">f4")), Y)
    unaligned = np.frombuffer(b"\0" + X.tobytes(), np.float32, offset=1).reshape(2, 4)
    np.testing.assert_array_equal(model(unaligned), Y)


def test_outputs_are_written_in_place(model):
    out = np.zeros((2, 3), np.float32)
    address = out.ctypes.data
    results = model.run({"x": X}, out={"y": out})
    assert results["y"] is out and out.ctypes.data == address
    np.testing.assert_array_equal(out, Y)
    assert model.run({"x": X}, out=out)["y"] is out
    assert model.run({"x": X}, out=[out])["y"] is out
    part = np.zeros((4, 3), np.float32)
    model.run({"x": X}, out=part[1:3])
    assert part[:, 0].tolist() == [0, *Y[:, 0], 0]


def test_results_outlive_later_runs(model):
    first = model(X)
    for rows in (1, 50, 3):
        model(np.zeros((rows, 4), np.float32))
    np.testing.assert_array_equal(first, Y)


@pytest.mark.parametrize("out, word", [
    (np.zeros((2, 4), np.float32), "float32\\[2, 3\\], not float32\\[2, 4\\]"),
    (np.zeros((2, 3), np.float64), "not float64"), (np.zeros((2, 3), np.float32, "F"), "C-contig"),
    ({"z": np.zeros((2, 3), np.float32)}, "'z'"), ([], "0 arrays"), ({"y": [[1]]}, "not a list")])
def test_out_that_does_not_fit(model, out, word):
    with pytest.raises(attune.UsageError, match=word) as error:
        model.run({"x": X}, out=out)
    assert error.value.hint
    np.testing.assert_array_equal(model(X), Y)


@pytest.mark.parametrize("feeds, words, hint", [
    ({"x": X.astype(np.float64)}, "'x' is float64", "astype\\('float32'\\)"),
    ({"x": X[:, :3]}, "\\[2, 3\\]: dimension 1 must be 4", ""),
    ({"x": X[0]}, "float32\\[batch, 4\\]", ""),
    ({}, '"x" was not given', "x"), ({"x": X, "z": X}, '"z"', "x"),
    ({"x": np.array(["a"])}, "<U1", "float32"),
    ({"x": [[1, 2, 3, 4], [5]]}, "'x' is no array", "NumPy"), ({"x": "a"}, "'x' is no array", "numbers"),
    (X, "a dict of arrays by name, not ndarray", "by position")])
def test_inputs_that_do_not_fit(model, feeds, words, hint):
    with pytest.raises(attune.UsageError, match=words) as error:
        model.run(feeds)
    assert re.search(hint, error.value.hint)
    np.testing.assert_array_equal(model(X), Y)


def test_arguments_that_do_not_fit(model):
    with pytest.raises(attune.UsageError, match="1 inputs, 2 were given"):
        model(X, X)
    with pytest.raises(attune.UsageError, match="by position and by name"):
        model(X, x=X)
    with pytest.raises(attune.UsageError, match="'x' is no array") as error:
        model({"x": X})
    assert "model(**feeds)" in error.value.hint


def test_a_missing_operator_is_named():
    det = model_of([helper.make_node("Det", ["x"], ["y"], name="the_node")],
                   [("x", TensorProto.FLOAT, [3, 3])], [("y", TensorProto.FLOAT, [])])
    with pytest.raises(attune.UnsupportedError) as error:
        attune.compile(det)
    assert (error.value.code, error.value.node, error.value.op) == (4, "the_node", "Det")
    copy = pickle.loads(pickle.dumps(error.value))
    assert (type(copy), str(copy)) == (attune.UnsupportedError, str(error.value))


@pytest.mark.parametrize("call_it, kind", [
    (lambda m, d: attune.compile(b"not a model"), attune.MalformedError),
    (lambda m, d: attune.compile(d / "none.onnx"), attune.FileAccessError),
    (lambda m, d: attune.compile(m, output=d / "no" / "a.attune"), attune.FileAccessError),
    (lambda m, d: attune.compile(m, target="cuda"), attune.DeviceError),
    (lambda m, d: attune.compile(m, cpu="abacus"), attune.UsageError),
    (lambda m, d: attune.compile(m, dims={"batch": "big"}), attune.UsageError),
    (lambda m, d: attune.compile(m, dims={"batch": (5, 2)}), attune.UsageError),
    (lambda m, d: attune.compile(m, passes="soup"), attune.UsageError),
    (lambda m, d: attune.compile(m, threads=0), attune.UsageError),
    (lambda m, d: attune.compile(m, memory_limit=1), attune.LimitError),
    (lambda m, d: attune.compile(m, time_limit=1e-9), attune.LimitError),
    (lambda m, d: attune.compile(42), attune.UsageError),
    (lambda m, d: attune.load(m), attune.MalformedError),
    (lambda m, d: attune.compile(m).save(d / "no" / "a.attune"), attune.FileAccessError)])
def test_each_failure_has_its_class(small_model, tmp_path, call_it, kind):
    with pytest.raises(attune.Error) as error:
        call_it(small_model, tmp_path)
    assert type(error.value) is kind and error.value.code == kind.code
    assert not os.listdir(tmp_path)


def test_hints_speak_python(small_model):
    with pytest.raises(attune.LimitError, match="raise time_limit"):
        attune.compile(small_model, time_limit=1e-9)


def test_options_reach_the_compiler(small_model):
    fixed = attune.compile(small_model, dims={"batch": 2}, cpu="x86-64-v3")
    assert fixed.inputs[0].shape == (2, 4)
    bounded = attune.compile(small_model, dims={"batch": (1, 3)}, threads=1,
                             passes=["func.func(cse)"])
    assert bounded.symbols == {"batch": (1, 3)} and bounded.threads == 1
    with pytest.raises(attune.UsageError, match="batch"):
        bounded(np.ones((4, 4), np.float32))


def test_saved_models_load(model, tmp_path):
    path = tmp_path / "kept.attune"
    model.save(path)
    again = attune.load(path, threads=1)
    again.check_weights()
    np.testing.assert_array_equal(again(X), Y)
    assert os.listdir(tmp_path) == ["kept.attune"]
    assert "y  float32[2, 3]" in call(os.path.join(BUILD, "bin", "attune"), "run", path,
                                      "--random", "0", "--dim", "batch=2")


def test_temporary_artefacts_go_with_the_model(small_model):
    temporary = attune.compile(small_model)
    folder = os.path.dirname(temporary._path)
    assert os.path.exists(folder)
    del temporary
    assert not os.path.exists(folder)


def test_reports_are_those_of_the_command_line(small_model, model, tmp_path):
    def cli(*args):
        return json.loads(call(os.path.join(BUILD, "bin", "attune"), *args, "--json"))

    assert attune.explain(small_model) == cli("explain", small_model)
    assert attune.inspect(small_model) == cli("inspect", small_model)
    assert attune.devices() == cli("devices")
    model.save(tmp_path / "m.attune")
    assert attune.inspect(tmp_path / "m.attune")["kind"] == "artifact"


def test_verify(small_model, tmp_path):
    def case(name, expected):
        data = tmp_path / name / "test_data_set_0"
        data.mkdir(parents=True)
        (tmp_path / name / "model.onnx").write_bytes(small_model.read_bytes())
        for file, values in (("input_0", X), ("output_0", expected)):
            (data / f"{file}.pb").write_bytes(onnx.numpy_helper.from_array(
                values, "x" if file == "input_0" else "y").SerializeToString())
        return tmp_path / name

    report = attune.verify(case("right", Y), case("wrong", Y + 1))
    assert (report["passed"], report["failed"]) == (1, 1)
    assert [entry["result"] for entry in report["cases"]] == ["pass", "fail"]
    assert attune.verify(tmp_path / "wrong", atol=2)["failed"] == 0
    with pytest.raises(attune.UsageError):
        attune.verify()


def test_threads_share_a_model(model):
    """Each with sizes of its own, so that a shared plan or buffer would show."""
    wrong = []

    def work(rows):
        x = np.full((rows, 4), rows, np.float32)
        for _ in range(200):
            if not (model(x) == 4 * rows + 1).all():
                wrong.append(rows)

    workers = [threading.Thread(target=work, args=(rows,)) for rows in (1, 7, 33)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_a_session_is_safe_in_two_threads(model):
    session, wrong = model.session(), []

    def work(rows):
        x = np.full((rows, 4), rows, np.float32)
        for _ in range(100):
            if not (session(x) == 4 * rows + 1).all():
                wrong.append(rows)

    workers = [threading.Thread(target=work, args=(rows,)) for rows in (2, 9)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def counted_during(work):
    """How often this thread could count while another one worked."""
    done, count = threading.Event(), 0
    worker = threading.Thread(target=lambda: (work(), done.set()))
    worker.start()
    while not done.wait(0.001):
        count += 1
    worker.join()
    return count


def test_other_threads_go_on_while_it_compiles_and_runs(small_model):
    """Had a call kept Python's lock, this thread could not count."""
    assert counted_during(lambda: attune.compile(small_model)) >= 5
    side, rows = 512, 16384
    weight = helper.make_tensor("w", TensorProto.FLOAT, [side, side],
                                np.ones((side, side), np.float32).tobytes(), raw=True)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "large",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", side])], [weight])
    large = attune.compile(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), threads=1)
    x = np.ones((rows, side), np.float32)
    assert counted_during(lambda: [large(x) for _ in range(3)]) >= 5


@pytest.fixture
def control_c():
    """Python's handler, which is not there when the tests run in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_control_c_stops_the_compiler(small_model, control_c):
    started = time.monotonic()
    threading.Timer(0.05, control_c).start()
    with pytest.raises(KeyboardInterrupt):
        while time.monotonic() < started + 20:
            attune.compile(small_model)
    assert time.monotonic() < started + 10


def test_bfloat16_has_a_type():
    from attune import _dtypes
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert _dtypes.dtype_of("bfloat16") == np.dtype(ml_dtypes.bfloat16)
    array = np.ones(3, ml_dtypes.bfloat16)
    assert _dtypes.number_of(array.dtype, "x") == 16
    assert memoryview(_dtypes.exposed(array)).nbytes == 6
