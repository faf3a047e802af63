"""What `rxconfig.py` says for every app of this template; the app's own name is all that varies.

Must stay light: Reflex reads the configuration before it knows whether it will compile, build or serve.
"""

import os
from typing import Any

import reflex as rx
from reflex_base.constants import StateManagerMode


class Tokens(rx.plugins.RadixThemesPlugin):  # type: ignore[misc]  # Reflex loads it lazily, without a type
    """Radix Themes without its 400 kB of styles for components that `ui/styles` draw itself."""

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Return the style sheet with the colours, radii and sizes alone."""
        return ("@radix-ui/themes/tokens.css",)

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """Return nothing: pages import what they use, and only that gets into the bundle."""
        return ()


def app_config(name: str, **overrides: object) -> rx.Config:
    """Return the Reflex configuration of the app called `name`, whose module is `<name>_app.<name>`.

    Sessions live in memory, or in Redis if `REFLEX_REDIS_URL` says where, nobody but the page's own origin
    may connect, and nothing is sent to anyone. `overrides` are any of Reflex's settings and win.
    """
    has_redis = bool(overrides.get("redis_url") or os.environ.get("REFLEX_REDIS_URL"))
    settings: dict[str, Any] = {
        "app_name": name,
        "app_module_import": f"{name}_app.{name}",
        "cors_allowed_origins": (),
        "disable_plugins": [rx.plugins.SitemapPlugin],
        "frontend_lazy_bundled_libraries": True,
        "plugins": [Tokens(theme=None)],
        "show_built_with_reflex": False,
        "state_manager_mode": StateManagerMode.REDIS if has_redis else StateManagerMode.MEMORY,
        "telemetry_enabled": False,
    }
    return rx.Config(**{**settings, **overrides})
