"""What Reflex is told about this app."""

import reflex as rx

config = rx.Config(
    app_name="{{ cookiecutter.name }}",
    app_module_import="{{ cookiecutter.name }}_app.{{ cookiecutter.name }}",
    plugins=[rx.plugins.RadixThemesPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
    show_built_with_reflex=False,
    telemetry_enabled=False,
)
