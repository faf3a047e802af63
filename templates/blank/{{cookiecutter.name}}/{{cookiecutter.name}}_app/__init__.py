"""The app called {{ cookiecutter.name }}."""
