"""How long `app.create` takes to write an app of three entities: files, ports, all of it durable."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.bench import Bench, say
from benchmarks.daemon import Daemon
from benchmarks.figures import Figure, p50, p95
from benchmarks.goals import goal
from benchmarks.line import Line
from benchmarks.specs import SPEC

ROOT = Path(__file__).resolve().parents[2]
WARM_UP = 5
DJANGO = "django~=5.2"


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of `app.create` without a start, on a warm daemon, over one connection."""
    say("create: app.create without a start")
    samples = _creates(bench)
    baselines = (
        *bench.beside("cookiecutter", lambda: p50(_cookiecutter(bench))),
        *bench.beside("django-admin", lambda: p50(_django(bench))),
    )
    what = "app.create, 3 entities, not started"
    return [
        Figure(
            row="create", what=f"{what}, p50", unit="ms", value=p50(samples), samples=len(samples),
            goal=goal("create.p50"), baselines=baselines,
        ),
        Figure(row="create", what=f"{what}, p95", unit="ms", value=p95(samples), samples=len(samples)),
    ]  # fmt: skip


def _creates(bench: Bench) -> list[float]:
    samples: list[float] = []
    with Daemon(bench.cache) as daemon, Line(daemon.socket) as line:
        for number in range(WARM_UP + bench.often(100, 50)):
            begun = time.perf_counter()
            line.call("app.create", name=f"made_{number}", spec=SPEC, start=False)
            samples.append((time.perf_counter() - begun) * 1000)
    return samples[WARM_UP:]


def _cookiecutter(bench: Bench) -> list[float]:
    say("baseline: cookiecutter with the same template")
    into = bench.scratch / "cookiecutter"
    into.mkdir()
    environment = {**os.environ, "HOME": str(into)}
    template = ROOT / "templates" / "data_app"
    program = [sys.executable, "-m", "cookiecutter", "--no-input", "-o", str(into), str(template)]
    return [
        _run_ms([*program, f"name=made_{number}"], into, environment)
        for number in range(bench.often(10, 3))
    ]  # fmt: skip


def _django(bench: Bench) -> list[float]:
    """Return how many milliseconds a new Django project with one app takes."""
    admin = _installed_django(bench)
    say("baseline: django-admin startproject and startapp")
    samples: list[float] = []
    for number in range(bench.often(10, 3)):
        folder = bench.scratch / f"django_{number}"
        folder.mkdir()
        samples.append(
            _run_ms([str(admin), "startproject", "website", str(folder)], folder, dict(os.environ))
            + _run_ms([str(admin), "startapp", "shop"], folder, dict(os.environ))
        )
    return samples


def _installed_django(bench: Bench) -> Path:
    environment = bench.cache / "benchmarks" / f"django-{sys.version_info.major}.{sys.version_info.minor}"
    admin = environment / "bin" / "django-admin"
    if admin.exists():
        return admin
    say("installing Django beside the project, for comparison")
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, capture_output=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q", DJANGO]
    subprocess.run(pip, check=True, capture_output=True, timeout=180)
    return admin


def _run_ms(program: list[str], folder: Path, environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(program, cwd=folder, env=environment, check=True, capture_output=True, timeout=60)
    return (time.perf_counter() - begun) * 1000
