"""What Reflex is told about this app. Any of Reflex's own settings may be added as a keyword."""

from dataforms.config import app_config

config = app_config("{{ cookiecutter.name }}")
