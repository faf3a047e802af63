"""Installs the supervisors to compare with: `python -m benchmarks.supervisors.install [--peers FOLDER]`.

PyPI's into environments of their own, npm's into a folder of its own, Debian's unpacked into the same folder,
so that no service starts and init stays as it is. Only s6 is installed for the machine, which takes root: its
programs look for one another in /usr/bin. What is there already is left alone.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.supervisors.node import node_path

PYTHON_PEERS = {"supervisor": "4.3.0", "circus": "0.19.0"}
PM2 = "7.0.4"
UNPACKED = ("runit", "daemontools")
INSTALLED = ("s6",)
ROOT = Path(__file__).resolve().parents[2]


class NotInstalled(Exception):
    """A peer could not be installed; the text says what failed."""


def default_peers() -> Path:
    """Return the folder that peers are in unless told otherwise."""
    cache = Path(os.environ.get("PROTODDF_CACHE") or ROOT / ".protoddf" / "cache")
    return cache.absolute() / "peers"


def main(argv: Sequence[str] | None = None) -> int:
    """Install all that can be; return 1 when something could not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supervisors.install", description=__doc__)
    parser.add_argument("--peers", type=Path, default=default_peers(), metavar="FOLDER")
    peers: Path = parser.parse_args(argv).peers.absolute()
    peers.mkdir(parents=True, exist_ok=True)
    failed = 0
    steps: list[tuple[str, Callable[[Path, str], None]]] = [
        *((name, _python) for name in PYTHON_PEERS),
        ("pm2", _pm2),
        *((name, _unpacked) for name in UNPACKED),
        *((name, _for_all) for name in INSTALLED),
    ]
    for name, install in steps:
        try:
            install(peers, name)
        except NotInstalled as error:
            failed += 1
            print(f"{name}: NOT INSTALLED: {error}", file=sys.stderr)
        else:
            print(f"{name}: installed", file=sys.stderr)
    return 1 if failed else 0


def _python(peers: Path, name: str) -> None:
    version = PYTHON_PEERS[name]
    if _is_done(peers, name, version):
        return
    folder = peers / name
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(folder / "bin" / "pip"), "install", "--quiet", f"{name}=={version}"])
    _done(peers, name, version)


def _pm2(peers: Path, name: str) -> None:
    if _is_done(peers, name, PM2):
        return
    folder = peers / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}\n')
    npm = shutil.which("npm", path=f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', os.defpath)}")
    if npm is None:
        raise NotInstalled("there is no npm: install the requirements of this checkout, or nodejs and npm")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", f"{name}@{PM2}"]
    _run(command, folder, {"PATH": node_path()})
    _done(peers, name, PM2)


def _unpacked(peers: Path, name: str) -> None:
    if (peers / f"{name}.done").exists():
        return
    _needs("apt-get", "dpkg-deb")
    folder = peers / "debs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(["apt-get", "download", "-q", name], folder)
    package = next(folder.glob("*.deb"))
    _run(["dpkg-deb", "-x", str(package), str(peers / "debian")])
    version = package.name.split("_")[1].replace("%3a", ":")
    _done(peers, name, version)


def _for_all(_peers: Path, name: str) -> None:
    if shutil.which(f"{name}-svscan"):
        return
    _needs("apt-get")
    if os.geteuid() != 0:
        raise NotInstalled(f"as root: apt-get install {name}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "install", "-qq", "--no-install-recommends", name], env=environment)


def _needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise NotInstalled(f"there is no {program} here: this peer comes as a Debian package")


def _is_done(peers: Path, name: str, version: str) -> bool:
    stamp = peers / f"{name}.done"
    return stamp.exists() and stamp.read_text().strip() == version


def _done(peers: Path, name: str, version: str) -> None:
    (peers / f"{name}.done").write_text(f"{version}\n")


def _run(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    ended = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if ended.returncode != 0:
        raise NotInstalled(f"{' '.join(command)} exited {ended.returncode}: {ended.stdout[-500:].strip()}")


if __name__ == "__main__":
    sys.exit(main())
