"""The worker program: reads jobs from stdin, one JSON value a line; progress and answers go to stdout."""

import argparse
import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from protoddfd.errors import Degraded, ProtoddfError, WorkerFailed
from protoddfd.worker import messages
from protoddfd.worker.jobs import carry_out

_MIB = 1024 * 1024
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve jobs until stdin ends."""
    parser = argparse.ArgumentParser(prog="protoddfd.worker")
    parser.add_argument("--memory-mib", type=int, required=True)
    limit = parser.parse_args().memory_mib * _MIB
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    _serve(sys.stdin.buffer, out)


def _serve(jobs: BinaryIO, out: BinaryIO) -> None:
    decode = msgspec.json.Decoder(messages.AnyJob).decode

    def say(said: messages.Said) -> None:
        out.write(msgspec.json.encode(said) + b"\n")

    for line in jobs:
        say(_answer(decode(line), say))


def _answer(job: messages.AnyJob, say: Callable[[messages.Said], None]) -> messages.Said:
    try:
        result = carry_out(job, say)
    except ProtoddfError as error:
        return messages.Refusal(
            code=error.code, message=error.message, hint=error.hint, problems=error.problems
        )
    except MemoryError:
        return _refusal(
            WorkerFailed(
                "the job needs more memory than a worker may have",
                hint="raise worker.memory_mib in config.toml, or use less data",
            )
        )
    except OSError as error:
        return _refusal(
            Degraded(
                f"the disk refused: {error.strerror or error} ({error.filename or 'no file'})",
                hint="protoddfctl doctor shows what is full or not writable",
            )
        )
    except Exception as error:  # noqa: BLE001 -- the daemon logs the trace; the worker goes on
        failed = WorkerFailed(
            f"the job failed: {type(error).__name__}", hint="the daemon's log has the details"
        )
        return _refusal(failed, traceback.format_exc())
    return messages.Answer(result=msgspec.Raw(msgspec.json.encode(result)))


def _refusal(error: ProtoddfError, trace: str = "") -> messages.Refusal:
    return messages.Refusal(code=error.code, message=error.message, hint=error.hint, trace=trace)


if __name__ == "__main__":
    main()
