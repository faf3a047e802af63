"""From a template and a spec to an app on disk: names, templates, rendering, and the frontend bundle."""
