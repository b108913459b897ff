# SPDX-License-Identifier: Apache-2.0
"""Kernels for the guest: a distribution's cloud kernel, or an image of the user's own.

A distribution kernel of any suite is resolved, downloaded and checked by apt (apt.py).
Nothing is installed: the image and the few modules that VFIO needs are taken out of the
package and kept in a cache, with their hashes.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import shutil
import struct
import subprocess
import tempfile
import time
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from .apt import Foreign, Unavailable, check_suite_name, default_cache, foreign, run

META_PACKAGE = "linux-image-cloud-amd64"
#: What the guest loads, when the kernel has them as modules; dependencies come along.
WANTED_MODULES = ("virtio_pci", "virtio_console", "vfio_iommu_type1", "vfio_pci", "iommufd")
MANIFEST = "manifest.json"
#: A cached kernel is used without asking for a newer one for this long.
FRESH_SECONDS = 7 * 24 * 3600


#: No kernel could be had.  Not a verdict about any device.
KernelUnavailable = Unavailable


@dataclass(frozen=True)
class Kernel:
    """A kernel image that QEMU can start, and the modules to load, dependencies first."""

    image: Path
    modules: tuple[Path, ...]
    name: str  # for people: "linux-image-6.1.0-…-cloud-amd64 6.1.…" or the image's path


def distribution_kernel(suite: str, cache: Path | None = None, refresh: bool = False) -> Kernel:
    """The newest cloud kernel of a distribution suite ("bookworm", "trixie"), from the cache if it is fresh."""
    check_suite_name(suite)
    folder = (cache or default_cache()) / "kernels" / suite
    cached = sorted(folder.glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
    newest = cached[-1].parent if cached else None
    if newest is not None and not refresh and time.time() - (newest / MANIFEST).stat().st_mtime < FRESH_SECONDS:
        return _from_cache(newest)
    try:
        return _fetch(suite, folder)
    except KernelUnavailable:
        if newest is None:
            raise
        return _from_cache(newest)  # an older kernel is better than none; its name is in every report


def kernel_from_file(image: Path, modules: Path | None = None) -> Kernel:
    """A kernel image of the user's own (bzImage or vmlinux), with VFIO built in or its modules in a folder."""
    if not image.is_file():
        raise KernelUnavailable(f"{image}: no such kernel image")
    if modules is None:
        return Kernel(image, (), str(image))
    work = Path(tempfile.mkdtemp(prefix="irqcts-modules-"))
    return Kernel(image, tuple(_collect_modules(modules, work)), str(image))


def with_module(kernel: Kernel, module: Path) -> Kernel:
    """The same kernel with one more module (a VFIO driver of the user's own), loaded last."""
    if not module.is_file():
        raise KernelUnavailable(f"{module}: no such kernel module")
    return replace(kernel, modules=(*kernel.modules, module), name=f"{kernel.name} with {module.name}")


def extract_vmlinux(image: bytes) -> bytes | None:
    """The ELF kernel inside a bzImage, which QEMU starts without the real-mode detour; None if it has none.

    The boot protocol's header (documentation of the kernel, x86/boot, since 2.08) says where the payload is.
    """
    if image[:4] == b"\x7fELF":
        return image
    if len(image) < 0x250 or image[0x202:0x206] != b"HdrS" or struct.unpack_from("<H", image, 0x206)[0] < 0x208:
        return None
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start : start + length]
    kernel = _decompress(payload)
    return kernel if kernel is not None and kernel[:4] == b"\x7fELF" else None


def _decompress(payload: bytes) -> bytes | None:
    if payload[:2] == b"\x1f\x8b":
        return zlib.decompressobj(wbits=31).decompress(payload)
    if payload[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(payload)
    if payload[:4] == b"\x28\xb5\x2f\xfd":
        return _decompress_with("zstd", "-dc", payload)
    if payload[:4] == b"\x02\x21\x4c\x18":
        return _decompress_with("lz4", "-dc", payload)
    return None


def _decompress_with(program: str, option: str, payload: bytes) -> bytes | None:
    """For formats that this Python does not know.  What follows the stream (its size) makes the
    programs complain after they have written everything, so the caller looks at the result."""
    if shutil.which(program) is None:
        return None
    return subprocess.run([program, option], input=payload, capture_output=True, check=False, timeout=60).stdout


# Modules -------------------------------------------------------------------------------------------


def _module_name(path: Path) -> str:
    return path.name.split(".ko")[0].replace("-", "_")


def _module_bytes(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".ko":
        return content
    plain = _decompress(content)
    if plain is None:
        raise KernelUnavailable(f"{path.name}: cannot decompress this module")
    return plain


def _dependencies(module: bytes) -> list[str]:
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    names = found.group(1).decode("ascii").split(",") if found else []
    return [name.replace("-", "_") for name in names if name]


def _collect_modules(folder: Path, into: Path) -> list[Path]:
    """Copies the wanted modules and what they depend on, plain, and returns them in the order to load them."""
    available = {_module_name(path): path for path in folder.rglob("*.ko*")}
    order: list[Path] = []
    seen: set[str] = set()
    into.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        if name in seen or name not in available:
            return  # a name that is not there is built into the kernel
        seen.add(name)
        content = _module_bytes(available[name])
        for dependency in _dependencies(content):
            take(dependency)
        target = into / f"{name}.ko"
        target.write_bytes(content)
        order.append(target)

    for name in WANTED_MODULES:
        take(name)
    return order


# The cache -----------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _from_cache(folder: Path) -> Kernel:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for name, digest in manifest["sha256"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise KernelUnavailable(f"{folder / name} is not what was cached; remove {folder} and run again")
    return Kernel(folder / "kernel", tuple(folder / name for name in manifest["modules"]), manifest["name"])


# Fetching ------------------------------------------------------------------------------------------


def _fetch(suite: str, folder: Path) -> Kernel:
    with foreign(suite) as apt:
        try:
            depends = apt.call("apt-cache", "depends", META_PACKAGE)
        except KernelUnavailable as error:
            raise KernelUnavailable(f"no kernel of {suite!r} could be fetched ({error}); sources tried: "
                                    f"{'; '.join(apt.lines)}") from error
        found = re.search(r"^\s*Depends: (linux-image-\S+)", depends, re.MULTILINE)
        if found is None:
            raise KernelUnavailable(f"{suite} has no package {META_PACKAGE}; sources: {'; '.join(apt.lines)}")
        package = found.group(1)
        # Newer kernels are split: an empty package that depends on the image's and the modules'.
        depends = apt.call("apt-cache", "depends", package)
        parts = [package, *re.findall(r"^\s*Depends: (linux-(?:binary|modules)-\S+)", depends, re.MULTILINE)]
        fields = {part: _fields(apt.call("apt-cache", "show", "--no-all-versions", part)) for part in parts}
        version = fields[package]["Version"]
        target = folder / f"{package}_{version.replace(':', '%3a')}"
        if (target / MANIFEST).is_file():
            (target / MANIFEST).touch()
            return _from_cache(target)
        digests = {part: _download(part, fields[part]["SHA256"], apt) for part in parts}
        return _unpack(apt.work / "content", target, f"{package} {version}", digests)


def _fields(record: str) -> dict[str, str]:
    return dict(re.findall(r"^(Version|SHA256): (\S+)", record, re.MULTILINE))


def _download(package: str, expected: str, apt: Foreign) -> str:
    """Unpacks a package into work/content; its hash, which is the signed index's."""
    apt.call("apt-get", "-q", "download", package)
    archive = next(apt.work.glob(f"{package}_*.deb"))
    digest = _sha256(archive)
    if digest != expected:
        raise KernelUnavailable(f"{archive.name}: SHA256 {digest}, but the signed index says {expected}")
    run(["dpkg-deb", "-x", str(archive), str(apt.work / "content")])
    return digest


def _unpack(content: Path, target: Path, name: str, digests: dict[str, str]) -> Kernel:
    """Takes image and modules out of what kernel packages hold into the cache, whole or not at all."""
    images = [*(content / "boot").glob("vmlinuz-*"), *content.glob("usr/lib/modules/*/vmlinuz")]
    if not images:
        raise KernelUnavailable(f"{name}: no kernel image in {', '.join(digests)}")
    image = images[0].read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        (staging / "kernel").write_bytes(extract_vmlinux(image) or image)
        modules = [path.relative_to(staging) for path in _collect_modules(content, staging / "modules")]
        for configuration in [*(content / "boot").glob("config-*"), *content.glob("usr/lib/modules/*/config")][:1]:
            shutil.copy(configuration, staging / "config")
        files = [Path("kernel"), *modules]
        manifest = {"name": name, "package_sha256": digests, "modules": [str(path) for path in modules],
                    "sha256": {str(path): _sha256(staging / path) for path in files}}
        (staging / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return _from_cache(target)
