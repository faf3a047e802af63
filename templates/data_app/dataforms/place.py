"""Where an app keeps what it is made of, as seen from its folder. Imports nothing."""

SPEC_FILE = "appspec.json"
DATABASE_URL = "sqlite:///data/app.db"
