"""From an app's folder to the ASGI application that its module defines."""

import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from protoddfd.zygote.runtime_copy import is_plain


def load(folder: Path, module: str, bundle: Path) -> Callable[..., Awaitable[None]]:
    """Enter `folder` and return the ASGI application that its `module` defines, with the pages of `bundle`.

    Reflex must have been told to serve without compiling: see `serve.prepare_environment`.
    """
    bundle = bundle.resolve()
    os.chdir(folder)
    os.environ["REFLEX_WEB_WORKDIR"] = str(bundle)
    if is_plain(Path.cwd()):  # nothing but Reflex serves its pages
        os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"
    sys.path.insert(0, str(Path.cwd()))
    application: Callable[..., Awaitable[None]] = importlib.import_module(module).app()
    return application
