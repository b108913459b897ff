#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a CPython for Windows, so that the harness can be run under Wine as it runs there.

    windows_python.py FOLDER
    IRQCTS_WINDOWS_PYTHON=FOLDER/python.exe … pytest harness/tests/test_windows_python.py

There is no such package in Debian, so it is cross-compiled with mingw-w64 from Debian's source packages of CPython and
libffi: one python.exe with the extension modules that the harness needs, and beside it the standard library and the
packages of this machine's interpreter that are Python only.  Good for this trial and for nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[3] / "harness"))
from irqcts.apt import Unavailable, foreign  # noqa: E402

SUITE, SOURCE = "bookworm", "python3.11"
COMPILER = "x86_64-w64-mingw32"
#: What a Python for Windows has as DLLs is built in here.
BUILT_IN = ("_asyncio", "_ctypes", "_elementtree", "_overlapped", "_queue", "_socket", "pyexpat", "select",
            "unicodedata")
EXTENSIONS = """_ctypes/_ctypes _ctypes/callbacks _ctypes/callproc _ctypes/cfield _ctypes/stgdict socketmodule
    selectmodule _queuemodule unicodedata pyexpat expat/xmlparse expat/xmlrole expat/xmltok _elementtree overlapped
    _asynciomodule""".split()
LIBRARIES = ("ffi z version shlwapi pathcch ole32 oleaut32 uuid ws2_32 iphlpapi bcrypt rpcrt4 advapi32 "
             "shell32").split()
PACKAGES = """attr attrs click execnet iniconfig jinja2 jsonschema jsonschema-*.dist-info markdown_it markupsafe mdurl
    packaging pluggy py.py _pyrsistent_version.py pygments pyrsistent _pytest pytest pytest-*.dist-info
    pytest_xdist-*.dist-info rich typing_extensions.py xdist""".split()

#: PC/pyconfig.h knows gcc only as a compiler of extension modules.
CONFIGURATION = """#define COMPILER "[GCC]"
#define MS_WIN64
#define PY_SUPPORT_TIER 0
#define PYD_PLATFORM_TAG "mingw_x86_64"
#define Py_WINVER 0x0602
#define Py_NTDDI NTDDI_WIN8
#define NTDDI_VERSION 0x0A000000
#define WINVER 0x0A00
#define _WIN32_WINNT 0x0A00
#include <limits.h>
#include <basetsd.h>
#include <sys/types.h>
typedef long long Py_ssize_t;
#define PY_SSIZE_T_MAX LLONG_MAX
#define HAVE_PY_SSIZE_T 1
"""
#: The handle of the DLL that Python usually is.
HANDLE = """#include <windows.h>
HMODULE PyWin_DLLhModule = NULL;
const char *PyWin_DLLVersionString = "3.11";
"""


def run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:3])} … failed in {cwd}:\n" + "\n".join(done.stdout.splitlines()[-15:]))


def replaced(path: Path, pattern: str, by: str) -> None:
    """Every match; it is a mistake if there is none."""
    text, count = re.subn(pattern, lambda match: match.expand(by) if "\\1" in by else by, path.read_text("utf-8"))
    if count == 0:
        sys.exit(f"{path}: nothing matches {pattern!r}: another version of CPython?")
    path.write_text(text, "utf-8")


def fetch(work: Path) -> tuple[Path, Path, Path]:
    """The unpacked sources of CPython and libffi, and zlib for Windows."""
    with foreign(SUITE, "deb-src") as apt:
        apt.call("apt-get", "-q", "--download-only", "--tar-only", "source", SOURCE, "libffi")
        for archive in apt.work.glob("*.orig.tar.*"):
            run(["tar", "xf", str(archive)], work)
    with foreign(SUITE) as apt:
        for name in ("libz-mingw-w64-dev", "python3-colorama"):
            apt.call("apt-get", "-q", "download", name)
        for package in apt.work.glob("*.deb"):
            run(["dpkg-deb", "-x", str(package), str(work / "packages")], work)
    return (next(work.glob("Python-*")), next(work.glob("libffi-*")), work / "packages" / "usr")


def patch(source: Path) -> None:
    replaced(source / "PC/pyconfig.h", r'#define COMPILER "\[gcc\]"\n', CONFIGURATION)
    # winsock.h has these as enumerators in mingw-w64, and not all of them.
    replaced(source / "Modules/socketmodule.c", r"(?m)^#define (IPPROTO_\w+) \1\b.*\n", "")
    # Loads python3.dll, of which there is none; and is declared otherwise.
    replaced(source / "Python/dynload_win.c", r"(?m)^_Py_CheckPython3\(void\)", "check_python3_dll(void)")
    replaced(source / "Python/dynload_win.c", r"_Py_CheckPython3\(\);", "(void)check_python3_dll;")
    replaced(source / "Python/sysmodule.c", r"#ifdef MS_COREDLL", "#ifdef MS_WINDOWS")
    names = "\n".join(f"extern PyObject* PyInit_{name}(void);" for name in BUILT_IN)
    table = "".join(f'{{"{name}", PyInit_{name}}},\n' for name in BUILT_IN)
    replaced(source / "PC/config.c", r"struct _inittab", f"{names}\nstruct _inittab")
    replaced(source / "PC/config.c", r'(\{"_abc", PyInit__abc\},)', table + r"\1")
    (source / "PC/handle.c").write_text(HANDLE, "utf-8")


def freeze(source: Path) -> None:
    """The modules that are part of the interpreter, compiled by this machine's interpreter of the same version."""
    project = (source / "PCbuild/_freeze_module.vcxproj").read_text("utf-8")
    modules = re.findall(r'Include="\.\.\\([^"]+\.py)">\s*<ModName>([^<]+)</ModName>'
                         r'.*?OutFile>\$\(PySourcePath\)([^<]+)<', project, re.DOTALL)
    frozen = []
    for path, name, out in ((p.replace("\\", "/"), n, o.replace("\\", "/")) for p, n, o in modules):
        run([sys.executable, "Programs/_freeze_module.py", name, path, out], source)
        if name != "getpath":
            frozen.append(f"{out}:{name}")
    run([sys.executable, "Tools/scripts/deepfreeze.py", *frozen, "-o", "Python/deepfreeze/deepfreeze.c"], source)


def build(source: Path, ffi: Path, packages: Path, out: Path) -> None:
    run(["./configure", f"--host={COMPILER}", "--disable-shared", "--disable-docs", f"--prefix={out / 'ffi'}"], ffi)
    run(["make", "-j2", "install"], ffi)
    project = (source / "PCbuild/pythoncore.vcxproj").read_text("utf-8")
    files = [name.replace("\\", "/") for name in re.findall(r'ClCompile Include="\.\.\\([^"$]+)"', project)]
    files += [f"Modules/{name}.c" for name in EXTENSIONS] + ["PC/handle.c", "Programs/python.c"]
    zlib = packages / COMPILER
    flags = ["-O1", "-w", "-fwrapv", "-fno-strict-aliasing", "-DPy_BUILD_CORE", "-DPy_BUILD_CORE_BUILTIN",
             "-DPy_NO_ENABLE_SHARED", "-D_Py_HAVE_ZLIB", "-DXML_STATIC", "-DXML_POOR_ENTROPY", "-DHAVE_EXPAT_CONFIG_H",
             "-DFFI_BUILDING", "-DDONT_USE_SEH", r'-DPLATLIBDIR=\"DLLs\"', r'-DVERSION=\"3.11\"', r'-DVPATH=\"..\"',
             r'-DMS_DLL_ID=\"3.11\"', r'-DPY_DLL_NAME=\"none\"', r'-DPY3_DLLNAME=L\"none\"',
             r'-DPYTHONPATH=\".\\\\Lib\"',
             *(f"-I{folder}" for folder in ("Include", "Include/internal", "PC", "Python", "Modules", "Modules/expat",
                                            "Modules/_blake2", out / "ffi/include", zlib / "include"))]
    rules = [f"rule cc\n  command = {COMPILER}-gcc {' '.join(flags)} $more -c $in -o $out",
             f"rule ld\n  command = {COMPILER}-gcc -municode -static -o $out @$out.rsp -L{out / 'ffi/lib'} "
             f"-L{zlib / 'lib'} {' '.join('-l' + name for name in LIBRARIES)}\n  rspfile = $out.rsp\n  rspfile_content = $in"]
    objects = []
    for name in dict.fromkeys(files):
        objects.append(f"{out}/objects/{name.replace('/', '_')[:-2]}.o")
        more = r'-DPREFIX=\"\" -DEXEC_PREFIX=\"\"' if name.endswith("getpath.c") else ""
        rules.append(f"build {objects[-1]}: cc {name}\n  more = {more}")
    (out / "objects").mkdir()
    rules.append(f"build {out}/python.exe: ld {' '.join(objects)}")
    (source / "build.ninja").write_text("\n".join(rules) + "\n", "utf-8")
    run(["ninja", "-j", str(os.cpu_count() or 2)], source)


def lay_out(source: Path, packages: Path, out: Path) -> None:
    shutil.copytree(source / "Lib", out / "Lib", ignore=shutil.ignore_patterns("test", "idlelib", "tkinter"))
    site = out / "Lib" / "site-packages"
    for name in PACKAGES:
        for path in Path(re.__file__).parents[2].joinpath("python3/dist-packages").glob(name):
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, site / path.name)
    shutil.copytree(packages / "lib/python3/dist-packages/colorama", site / "colorama")
    for binary in site.rglob("*.so"):
        binary.unlink()  # of this machine; each package has the same in Python


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1]).resolve()
    work = out / "work"
    work.mkdir(parents=True)
    try:
        source, ffi, packages = fetch(work)
    except Unavailable as error:
        sys.exit(f"the sources cannot be had: {error}")
    patch(source)
    freeze(source)
    build(source, ffi, packages, out)
    lay_out(source, packages, out)
    shutil.rmtree(work)
    print(out / "python.exe")
    return 0


if __name__ == "__main__":
    sys.exit(main())
