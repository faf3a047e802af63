"""Files of Debian packages that nobody here wrote: downloaded by name, unpacked, never installed or run."""

import shutil
import subprocess
from pathlib import Path

import pytest


def unpacked(package: str, root: Path) -> Path:
    """Return the folder with a package's files; it is downloaded once."""
    if shutil.which("apt-get") is None:
        pytest.skip("there is no apt-get here")
    folder = root / package
    if not folder.exists():
        folder.mkdir()
        words = ["apt-get", "download", "-q", package]
        if subprocess.run(words, check=False, capture_output=True, timeout=300, cwd=folder).returncode:
            subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True, timeout=300)
            subprocess.run(words, check=True, capture_output=True, timeout=300, cwd=folder)
        (archive,) = folder.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True, capture_output=True, timeout=300)
    return folder
