"""Packs what was built into a wheel, the same bytes each time. wheel.py BUILD-DIR

A wheel is a zip of the package, of what is said about it, and of a list of all with their hashes.
"""

import base64
import glob
import hashlib
import os
import platform
import re
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EPOCH = (1980, 1, 1, 0, 0, 0)
# What is inside beside our own code, and where Debian keeps its licence.
BUNDLED = {"llvm": "/usr/share/doc/libllvm22/copyright", "mlir": "/usr/share/doc/libmlir-22/copyright",
           "protobuf": "/usr/share/doc/libprotobuf32/copyright",
           "zstd": "/usr/share/doc/libzstd1/copyright"}
METADATA = """Metadata-Version: 2.1
Name: attune
Version: {version}
Summary: An ahead-of-time compiler for ONNX models built on attention
License: Apache-2.0 WITH LLVM-exception
Requires-Python: =={python}.*
Requires-Dist: numpy>=1.24
"""


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def version():
    return re.search(rb"project\(attune VERSION ([0-9.]+)", read(ROOT, "CMakeLists.txt"))[1].decode()


def package_files(build):
    """{name in the wheel: bytes}: the sources, the module built for it, its stub."""
    package = os.path.join(build, "wheel", "attune")
    files = {}
    for name in sorted(os.listdir(os.path.join(ROOT, "python", "attune"))):
        if name.endswith((".py", ".typed")):
            files[f"attune/{name}"] = read(ROOT, "python", "attune", name)
    for name in sorted(os.listdir(package)):
        if ".so" in name:
            files[f"attune/{name}"] = read(package, name)
    files["attune/_native.pyi"] = read(build, "python", "attune", "_native.pyi")
    return files


def tag(files):
    """The Python that the module is for, and the C library it was linked with."""
    module = next(name for name in files if name.startswith("attune/_native.cpython-"))
    python = re.search(r"cpython-(\d)(\d+)", module)
    glibc = platform.libc_ver()[1].replace(".", "_")
    abi = f"cp{python[1]}{python[2]}"
    return f"{abi}-{abi}-manylinux_{glibc}_{platform.machine()}", f"{python[1]}.{python[2]}"


def about_files(files, name, release):
    tags, python = tag(files)
    info = f"{name}-{release}.dist-info"
    made = {f"{info}/METADATA": METADATA.format(version=release, python=python).encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: attune\nRoot-Is-Purelib: false\n"
                             f"Tag: {tags}\n".encode(),
            f"{info}/licenses/LICENSE": read(ROOT, "LICENSE")}
    for part, path in BUNDLED.items():
        if os.path.exists(path):
            made[f"{info}/licenses/{part}.txt"] = read(path)
    return tags, info, made


def record(files, info):
    rows = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}")
    return "\n".join([*rows, f"{info}/RECORD,,"]).encode() + b"\n"


def main():
    build = sys.argv[1]
    files = package_files(build)
    release = version()
    tags, info, about = about_files(files, "attune", release)
    files.update(about)
    files[f"{info}/RECORD"] = record(files, info)
    for old in glob.glob(os.path.join(build, "wheel", "*.whl")):
        os.remove(old)
    path = os.path.join(build, "wheel", f"attune-{release}-{tags}.whl")
    with zipfile.ZipFile(f"{path}.new", "w", zipfile.ZIP_DEFLATED, compresslevel=6) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    os.replace(f"{path}.new", path)
    unpacked = sum(map(len, files.values()))
    print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB, {unpacked / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main()
