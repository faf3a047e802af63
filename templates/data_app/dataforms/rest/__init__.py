"""REST for every entity of a spec, under `/api/v1` on the app's own port, described by OpenAPI."""

ROOT = "/api/v1"
