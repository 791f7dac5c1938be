"""Calls that a user gets wrong: the exit code of the contract, one clear line, nothing left."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

USAGE, MALFORMED, UNSUPPORTED, FILE, DEVICE, LIMIT = 2, 3, 4, 5, 6, 7


def embedding_model():
    """ids, mask -> Add(Gather(table, ids), Unsqueeze(Cast(mask)))."""
    table = np.arange(20 * 8, dtype=np.float32).reshape(20, 8) / 100
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], name="look_up"),
        helper.make_node("Cast", ["mask"], ["live"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["live", "axis"], ["column"], name="column"),
        helper.make_node("Mul", ["rows", "column"], ["out"], name="apply"),
    ]
    graph = helper.make_graph(
        nodes,
        "embedding",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "seq"]),
            helper.make_tensor_value_info("mask", TensorProto.INT64, ["batch", "seq"]),
        ],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", "seq", 8])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2], dtype=np.int64), "axis"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model and inputs of every kind."""
    folder = tmp_path_factory.mktemp("cli")
    onnx.save(embedding_model(), folder / "model.onnx")
    np.save(folder / "ids.npy", np.array([[1, 2, 3]], dtype=np.int64))
    np.save(folder / "mask.npy", np.ones((1, 3), dtype=np.int64))
    np.save(folder / "float.npy", np.ones((1, 3), dtype=np.float32))
    np.save(folder / "rank3.npy", np.ones((1, 3, 1), dtype=np.int64))
    np.save(folder / "long.npy", np.ones((1, 4), dtype=np.int64))
    np.save(folder / "range.npy", np.array([[1, 2, 20]], dtype=np.int64))
    np.save(folder / "big_endian.npy", np.ones((1, 3), dtype=">i8"))
    np.save(folder / "objects.npy", np.array([[None]]), allow_pickle=True)
    (folder / "cut.npy").write_bytes((folder / "ids.npy").read_bytes()[:-3])
    (folder / "text.npy").write_text("hello")
    (folder / "empty.npy").write_bytes(b"")
    (folder / "tensor.pb").write_bytes(b"\x08\xff")
    (folder / "text.attune").write_text("hello")
    (folder / "folder").mkdir()
    (folder / "full").symlink_to("/dev/full")
    return folder


@pytest.fixture(scope="module")
def artifact(attune, place):
    attune.ok("compile", place / "model.onnx", "-o", place / "model.attune")
    return place / "model.attune"


def check(done, code, *words):
    """The code, and one error line that says these words."""
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


GOOD = ["--input", "ids={place}/ids.npy", "--input", "mask={place}/mask.npy"]

# What is given to `run` on the artefact, the exit code, words of the message.
RUNS = {
    "nothing": ([], USAGE, ["'ids', 'mask'"]),
    "one-missing": (GOOD[:2], USAGE, ["'mask'"]),
    "unknown-input": (GOOD + ["--input", "idz={place}/ids.npy"], USAGE, ["idz", "ids, mask"]),
    "given-twice": (GOOD + GOOD[:2], USAGE, ["ids", "twice"]),
    "no-equals": (["--input", "ids.npy"], USAGE, ["NAME=FILE"]),
    "wrong-type": (GOOD[2:] + ["--input", "ids={place}/float.npy"], USAGE,
                   ["ids", "int64[batch, seq]", "float32[1, 3]"]),
    "wrong-rank": (GOOD[2:] + ["--input", "ids={place}/rank3.npy"], USAGE, ["ids", "int64[1, 3, 1]"]),
    "sizes-differ": (GOOD[2:] + ["--input", "ids={place}/long.npy"], USAGE, ["seq"]),
    "no-such-file": (GOOD[2:] + ["--input", "ids={place}/none.npy"], FILE, ["none.npy"]),
    "a-folder": (GOOD[2:] + ["--input", "ids={place}/folder"], USAGE, ["folder"]),
    "other-ending": (GOOD[2:] + ["--input", "ids={place}/model.onnx"], USAGE, ["model.onnx"]),
    "cut": (GOOD[2:] + ["--input", "ids={place}/cut.npy"], MALFORMED, ["cut.npy"]),
    "text": (GOOD[2:] + ["--input", "ids={place}/text.npy"], MALFORMED, ["text.npy"]),
    "empty": (GOOD[2:] + ["--input", "ids={place}/empty.npy"], MALFORMED, ["empty.npy"]),
    "big-endian": (GOOD[2:] + ["--input", "ids={place}/big_endian.npy"], MALFORMED, ["big-endian"]),
    "objects": (GOOD[2:] + ["--input", "ids={place}/objects.npy"], UNSUPPORTED, ["objects.npy"]),
    "bad-pb": (GOOD[2:] + ["--input", "ids={place}/tensor.pb"], MALFORMED, ["tensor.pb"]),
    "unknown-symbol": (["--random", "1", "--dim", "time=3"], USAGE, ["time", "batch, seq"]),
    "bad-dim": (["--random", "1", "--dim", "seq=x"], USAGE, ["seq=x"]),
    "huge-dim": (["--random", "1", "--dim", "seq=9000000000000000000"], LIMIT, ["ids"]),
    "dim-against-input": (GOOD + ["--dim", "seq=4"], USAGE, ["seq"]),
    "bad-seed": (["--random", "x"], USAGE, ["--random"]),
    "bad-threads": (["--random", "1", "--threads", "0"], USAGE, ["--threads"]),
    "target": (["--random", "1", "--target", "cuda"], DEVICE, ["cuda"]),
    "output-dir-is-a-file": (GOOD + ["--output-dir", "{place}/ids.npy"], FILE, ["ids.npy"]),
    "output-dir-in-nowhere": (GOOD + ["--output-dir", "{place}/no/where"], FILE, ["no/where"]),
}


@pytest.mark.parametrize("name", RUNS)
def test_run(attune, place, artifact, name):
    arguments, code, words = RUNS[name]
    done = attune("run", artifact, *(a.format(place=place) for a in arguments))
    check(done, code, *words)
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["nothing", "wrong-type", "no-such-file", "cut", "bad-seed"])
def test_errors_as_json(attune, place, artifact, name):
    arguments, code, words = RUNS[name]
    done = attune("run", artifact, *(a.format(place=place) for a in arguments), "--json")
    report = json.loads(done.stdout)
    assert report["schema"] == 1
    assert set(report["error"]) == {"code", "message", "node", "op", "hint"}
    assert report["error"]["code"] == code == done.returncode


def test_a_good_run(attune, place, artifact):
    done = attune.ok("run", artifact, *(a.format(place=place) for a in GOOD), "--json",
                     "--output-dir", place / "out")
    report = json.loads(done.stdout)
    assert report["outputs"][0]["shape"] == [1, 3, 8]
    values = np.load(place / "out" / "out.npy")
    assert np.array_equal(values[0], np.arange(160, dtype=np.float32).reshape(20, 8)[1:4] / 100)


# What is given to `compile`, the exit code, words of the message.
COMPILES = {
    "no-model": ([], USAGE, ["MODEL"]),
    "no-such-model": (["{place}/none.onnx"], FILE, ["none.onnx"]),
    "a-folder": (["{place}/folder"], FILE, ["folder"]),
    "text": (["{place}/text.npy", "-o", "{out}"], MALFORMED, []),
    "empty": (["{place}/empty.npy", "-o", "{out}"], MALFORMED, []),
    "unknown-flag": (["{place}/model.onnx", "--fast"], USAGE, ["--fast"]),
    "unknown-form": (["{place}/model.onnx", "--emit=soup"], USAGE, ["soup"]),
    "gpu-form": (["{place}/model.onnx", "--emit=ptx"], DEVICE, ["ptx"]),
    "gpu-target": (["{place}/model.onnx", "--target=cuda", "-o", "{out}"], DEVICE, ["cuda"]),
    "unknown-cpu": (["{place}/model.onnx", "--cpu=soup", "-o", "{out}"], USAGE, ["soup"]),
    "bad-dim": (["{place}/model.onnx", "--dim", "seq=5..2", "-o", "{out}"], USAGE, ["seq=5..2"]),
    "bad-passes": (["{place}/model.onnx", "--passes=soup", "-o", "{out}"], USAGE, ["soup"]),
    "bad-print-after": (["{place}/model.onnx", "--print-after=soup", "-o", "{out}"], USAGE, ["soup"]),
    "no-plugin": (["{place}/model.onnx", "--load-pass-plugin=none.so", "-o", "{out}"], FILE, ["none.so"]),
    "output-in-nowhere": (["{place}/model.onnx", "-o", "{place}/no/where"], FILE, ["no/where"]),
    "output-is-a-folder": (["{place}/model.onnx", "-o", "{place}/folder"], FILE, ["folder"]),
    "output-is-full": (["{place}/model.onnx", "-o", "{place}/full"], FILE, ["full"]),
    "too-many-nodes": (["{place}/model.onnx", "--limit-nodes=1", "-o", "{out}"], LIMIT, []),
    "too-little-memory": (["{place}/model.onnx", "--limit-memory=1", "-o", "{out}"], LIMIT, []),
    "too-little-time": (["{place}/model.onnx", "--limit-seconds=0.001", "-o", "{out}"], LIMIT, []),
}


@pytest.mark.parametrize("name", COMPILES)
def test_compile(attune, place, tmp_path, name):
    arguments, code, words = COMPILES[name]
    before = sorted(os.listdir(place))
    out = tmp_path / "out.attune"
    environment = dict(os.environ, TMPDIR=str(tmp_path))
    done = attune("compile", *(a.format(place=place, out=out) for a in arguments), env=environment)
    check(done, code, *words)
    assert os.listdir(tmp_path) == [], "something was left behind"
    assert sorted(os.listdir(place)) == before


def test_special_outputs_stay_what_they_are(attune, place, tmp_path):
    # Through a link: should a compiler replace it, the system's device is not what is lost.
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    attune.ok("compile", place / "model.onnx", "--emit=graph", "-o", link)
    assert os.path.samefile(link, "/dev/null")


@pytest.mark.parametrize("verb", ["run", "bench", "inspect"])
def test_no_artifact(attune, place, verb):
    more = ["--random", "1"] if verb == "run" else []
    check(attune(verb, place / "none.attune", *more), FILE, "none.attune")
    if verb != "inspect":
        check(attune(verb, place / "text.attune", *more), MALFORMED, "text.attune")


def test_damaged_artifacts_are_refused(attune, artifact, tmp_path):
    good = artifact.read_bytes()
    broken = tmp_path / "broken.attune"
    for size in (1, 64, 4096, len(good) // 2, len(good) - 1):
        broken.write_bytes(good[:size])
        check(attune("run", broken, "--random", "1"), MALFORMED)
    for place_ in range(100, len(good), max(1, len(good) // 40)):
        broken.write_bytes(good[:place_] + bytes([good[place_] ^ 0x55]) + good[place_ + 1:])
        done = attune("inspect", broken, "--check")
        assert done.returncode == MALFORMED, f"byte {place_}: exit {done.returncode}"


def test_full_standard_output(attune, artifact):
    with open("/dev/full", "w") as full:
        done = subprocess.run([attune.path, "run", artifact, "--random", "1"], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    check(done, FILE, "standard output")


def test_an_interrupt_leaves_nothing(attune, place, tmp_path):
    """SIGTERM while compiling: the child goes, the folder goes."""
    fifo = tmp_path / "slow.onnx"
    os.mkfifo(fifo)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen([attune.path, "compile", fifo, "-o", temporary / "out.attune"],
                               stderr=subprocess.PIPE, env=dict(os.environ, TMPDIR=str(temporary)))
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) != 0
    assert os.listdir(temporary) == []


def test_verify(attune, place, tmp_path):
    """Right and wrong expectations, and the codes of broken cases."""
    model = embedding_model()
    table = numpy_helper.to_array(model.graph.initializer[0])
    ids = np.array([[3, 1]], dtype=np.int64)
    mask = np.array([[1, 1]], dtype=np.int64)

    def case(name, output, drop=()):
        folder = tmp_path / name
        data = folder / "test_data_set_0"
        data.mkdir(parents=True)
        onnx.save(model, folder / "model.onnx")
        tensors = {"input_0": (ids, "ids"), "input_1": (mask, "mask"), "output_0": (output, "out")}
        for file, (values, tensor_name) in tensors.items():
            if file not in drop:
                tensor = numpy_helper.from_array(values, tensor_name)
                (data / f"{file}.pb").write_bytes(tensor.SerializeToString())
        return folder

    want = table[ids]
    good = case("good", want)
    done = attune.ok("verify", good, "--json")
    report = json.loads(done.stdout)
    assert report["cases"][0]["result"] == "pass"
    assert report["cases"][0]["max_abs"] == 0
    bad = case("bad", want + 0.1)
    done = attune("verify", good, bad)
    check(done, 1)
    assert "pass  good" in done.stdout and "fail  bad" in done.stdout
    attune.ok("verify", bad, "--atol", "0.2")
    assert attune("verify", case("type", want.astype(np.float64))).returncode == 1
    assert attune("verify", case("shape", want[0])).returncode == 1
    assert attune("verify", case("nothing", want, drop=["output_0"])).returncode == 1
    assert attune("verify", case("input", want, drop=["input_1"])).returncode == MALFORMED
    assert attune("verify", tmp_path / "none").returncode == FILE


def test_made_up_inputs_are_safe_and_stated(attune, artifact):
    done = attune.ok("bench", artifact, "--runs", "3", "--dim", "batch=2", "--dim", "seq=5",
                     "--profile", "--json")
    report = json.loads(done.stdout)
    rules = {entry["name"]: entry["rule"] for entry in report["inputs"]}
    assert rules == {"ids": "uniform[0, 19]", "mask": "ones"}
    assert report["runs"] == 3
    assert report["counters"]["heap_allocations"] == 0
    assert report["dispatches"]
    for key in ("median_ms", "min_ms", "p90_ms", "threads", "load_ms", "compile_ms", "peak_anon_mb"):
        assert key in report


def test_every_verb_takes_json(attune, place, artifact):
    for arguments in (["devices"], ["passes"], ["--version"], ["inspect", artifact],
                      ["inspect", place / "model.onnx"], ["explain", place / "model.onnx"]):
        report = json.loads(attune.ok(*arguments, "--json").stdout)
        assert report["schema"] == 1, arguments
