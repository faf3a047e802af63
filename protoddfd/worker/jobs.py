"""What a worker does: looks at specs and files, writes apps, builds bundles. Synchronous, a job at a time."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataforms.check import problems_in
from protoddfd.generate import bundle
from protoddfd.generate.template import is_path
from protoddfd.wire import results
from protoddfd.wire.update import UpdatePlan
from protoddfd.worker import messages
from protoddfd.worker.database_check import check_database
from protoddfd.worker.inspecting import inspect, template_bundle_digest
from protoddfd.worker.making import Say, make
from protoddfd.worker.propose import propose_spec


def carry_out(job: messages.AnyJob, say: Callable[[messages.Said], None]) -> Any:
    """Return the result of `job`; raise ProtoddfError with what was refused."""
    return _JOBS[type(job)](job, say)


def _ping(job: messages.Ping, say: Say) -> messages.Nothing:
    template_bundle_digest()
    return messages.Nothing()


def _check(job: messages.Check, say: Say) -> messages.Checked:
    _, found = problems_in(job.spec)
    return messages.Checked(problems=tuple(found))


def _propose(job: messages.Propose, say: Say) -> messages.Proposed:
    return propose_spec(job, say)


def _make(job: messages.Make, say: Say) -> messages.Made:
    if is_path(job.template):
        from protoddfd.worker import elsewhere  # few workers ever need it

        return elsewhere.make(job, say)
    return make(job, say)


def _inspect(job: messages.Inspect, say: Say) -> messages.Inspection:
    return inspect(Path(job.folder), Path(job.cache), job.name)


def _build(job: messages.Build, say: Say) -> messages.Built:
    folder, cache = Path(job.folder), Path(job.cache)
    digest = bundle.digest(folder)

    def progress(text: str) -> None:
        say(messages.Progress(text=text))

    with _memory_of_a_build():
        built = bundle.build(folder, cache, digest, progress)
    return messages.Built(digest=digest, bundle=str(built))


@contextmanager
def _memory_of_a_build() -> Iterator[None]:
    """Lift the limit on addresses: the program that bundles reserves far more of them than it uses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _expose(job: messages.Expose, say: Say) -> results.Samples | results.MetricsText:
    from protoddfd.worker.exposition import expose  # its library takes a while: only who needs it waits

    return expose(bytes(job.read), job.format)


def _plan_update(job: messages.PlanUpdate, say: Say) -> UpdatePlan:
    from protoddfd.worker.update import plan_update  # few workers ever need it

    return plan_update(job, say)


def _apply_update(job: messages.ApplyUpdate, say: Say) -> UpdatePlan:
    from protoddfd.worker.update import apply_update

    return apply_update(job, say)


_JOBS: dict[type[messages.Job], Callable[[Any, Any], Any]] = {
    messages.Ping: _ping,
    messages.Check: _check,
    messages.Propose: _propose,
    messages.Make: _make,
    messages.Inspect: _inspect,
    messages.Build: _build,
    messages.PlanUpdate: _plan_update,
    messages.ApplyUpdate: _apply_update,
    messages.CheckDatabase: check_database,
    messages.Expose: _expose,
}
