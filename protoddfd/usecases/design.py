"""Who designs, and where: rules among the other work, a language model beside it, for it takes long."""

from collections.abc import Callable
from typing import Any

import msgspec

from protoddfd.core.access import Caller
from protoddfd.errors import NotAllowed
from protoddfd.runtime.services import Services
from protoddfd.wire import params
from protoddfd.wire.methods import Role
from protoddfd.worker import messages as jobs


def by(services: Services, caller: Caller, designer: params.DesignerName) -> dict[str, Any]:
    """Return what a job needs to know of the designer that was asked for. Raises NotAllowed."""
    return {
        "designer": allowed(caller, designer),
        "model": msgspec.Raw(msgspec.json.encode(services.settings.model)),
        "logs": str(services.places.logs),
    }


def allowed(caller: Caller, designer: params.DesignerName) -> params.DesignerName:
    """Return who may design for a caller: `auto` is the rules for one who may only look and not spend.

    Raises:
        NotAllowed: a model was asked for by who may only look.
    """
    if caller.role >= Role.OPERATOR:
        return designer
    if designer == "model":
        raise NotAllowed(
            "a language model is asked for operators only, for it may cost money",
            hint="ask an administrator, or leave the designer to be auto",
        )
    return "rules"


def asks_model(services: Services, job: jobs.Propose) -> bool:
    """Tell whether a job may wait for a language model."""
    model = services.settings.model
    is_configured = model.provider != "none" and bool(model.name)
    return job.designer == "model" or (job.designer == "auto" and is_configured and not job.sources)


async def propose(
    services: Services, job: jobs.Propose, said: Callable[[jobs.Progress], None] = lambda progress: None
) -> jobs.Proposed:
    """Carry a proposal out. Raises what the job refuses with."""
    workers = services.model_workers if asks_model(services, job) else services.workers
    proposed: jobs.Proposed = await workers.run(job, said)
    return proposed
