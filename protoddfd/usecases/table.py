"""Which function carries out which method."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from protoddfd.runtime.services import Services
from protoddfd.usecases import (
    adopt,
    apps,
    config,
    create,
    daemon,
    data,
    logs,
    metrics,
    options,
    specs,
    update,
)

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "source.put": specs.put_source,
    "spec.propose": specs.propose,
    "spec.check": specs.check_spec,
    "app.create": create.create,
    "app.adopt": adopt.adopt,
    "app.list": apps.list_apps,
    "app.show": apps.show,
    "app.start": apps.start,
    "app.stop": apps.stop,
    "app.restart": apps.restart,
    "app.scale": options.scale,
    "app.set": options.set_options,
    "app.data_move": data.move,
    "app.update": update.update,
    "app.delete": apps.delete,
    "app.logs": logs.logs,
    "template.list": daemon.templates,
    "port.list": daemon.ports,
    "port.cleanup": daemon.cleanup_ports,
    "events.subscribe": daemon.subscribe,
    "metrics.read": metrics.read,
    "daemon.reload": config.reload,
    "config.show": config.show_config,
    "config.check": config.check_config,
    "daemon.status": daemon.status,
    "daemon.stop": daemon.stop_daemon,
}


def handlers(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Return a function of the caller and the parameters for every method but `rpc.discover`."""
    return {name: partial(function, services) for name, function in _FUNCTIONS.items()}
