"""Where an app keeps what it is made of, as seen from its folder. Imports nothing."""

SPEC_FILE = "appspec.json"
PROMISES_FILE = "tests/appspec.json"
"""The spec that the app's own tests hold it to."""
DATABASE_URL = "sqlite:///data/app.db"
