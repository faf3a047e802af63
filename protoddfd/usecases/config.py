"""The methods about the daemon's configuration: what is in force, what is wrong with it, reading it anew."""

import asyncio
import re
from typing import Any

import structlog

from protoddfd.core.access import Caller
from protoddfd.errors import ConfigInvalid
from protoddfd.runtime.services import Services
from protoddfd.settings import NEEDS_RESTART, change, check, check_text, keys, load_again
from protoddfd.settings.model import value_of
from protoddfd.wire import params, results

_PASSWORD = re.compile(r"(?<=://).*(?=@)|(?<=[?&]password=)[^&]*", re.DOTALL)

log = structlog.get_logger("protoddfd.config")


def show_config(services: Services, caller: Caller, asked: params.NoParams) -> results.ConfigView:
    """Show every setting in force, where its value came from, and whether a reload changes it."""
    loaded = services.loaded
    return results.ConfigView(
        settings=tuple(
            results.SettingValue(
                key=key,
                value=shown(value_of(loaded.settings, key)),
                source=loaded.origins.get(key, "default"),
                reloads=key not in NEEDS_RESTART,
            )
            for key in keys()
        )
    )


def shown(value: Any) -> Any:
    """Return a value without the password that the address in it may have."""
    return _PASSWORD.sub("***", value) if isinstance(value, str) else value


async def check_config(
    services: Services, caller: Caller, asked: params.ConfigCheck
) -> results.ConfigProblems:
    """List every fault of a configuration file's text, or of all that the daemon reads."""
    if asked.text is not None:
        problems = await asyncio.to_thread(check_text, asked.text)
    else:
        problems = await asyncio.to_thread(check, services.loaded.layers)
    return results.ConfigProblems(problems=problems)


async def reload(services: Services, caller: Caller, asked: params.NoParams) -> results.Reloaded:
    """Read the configuration again and have in force what can change at run time; no app is restarted.

    Raises:
        ConfigInvalid: something is wrong with it; nothing has changed.
    """
    return await _reload(services)


async def reload_on_signal(services: Services) -> None:
    """Do the same; what is wrong is logged."""
    try:
        await _reload(services)
    except ConfigInvalid as error:
        told = [f"{problem.path}: {problem.message}" for problem in error.problems]
        log.error("config.refused", reason=error.message, problems=told)  # noqa: TRY400  no fault of ours


async def _reload(services: Services) -> results.Reloaded:
    while True:
        before = services.loaded
        read = await asyncio.to_thread(load_again, before)
        if services.loaded is before:  # else another reload was faster, and what was read may be older
            break
    found = change(before, read)
    services.apply(found.loaded, frozenset(found.changed))
    log.info("config.reloaded", changed=found.changed, needs_restart=found.needs_restart)
    services.bus.publish("daemon.reloaded", changed=found.changed, needs_restart=found.needs_restart)
    return results.Reloaded(changed=found.changed, needs_restart=found.needs_restart)
