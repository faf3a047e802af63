"""`python -m protoddfctl`: the command line, or a word to those whose Python is too old for it.

Parses on any Python 3, and imports nothing before it has looked.
"""

import sys

OLDEST = (3, 11)
"""The first version that has all that is used here."""


def main() -> int:
    """Run the command line where that is possible; return the exit status."""
    if sys.version_info < OLDEST:
        running = "%d.%d" % (sys.version_info[0], sys.version_info[1])  # noqa: UP031
        sys.stderr.write("protoddfctl: Python " + running + " is too old: 3.11 or newer is needed\n")
        sys.stderr.write("  hint: ./run.sh --setup-only makes a .venv with a newer one, and there is")
        sys.stderr.write(" .venv/bin/protoddfctl then\n")
        return 1
    from protoddfctl.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
