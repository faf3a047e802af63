"""`python -m protoddfctl`: the command line, or a word to those whose Python is too old for it.

Parses on any Python 3, and imports nothing before it has looked.
"""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    sys.stderr.write(
        "protoddfctl: Python %d.%d (%s) is too old: Proto-DDF needs 3.11 or newer\n"  # noqa: UP031
        "  hint: ./run.sh --setup-only makes a .venv with a newer one; then .venv/bin/protoddfctl\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(1)

from protoddfctl.cli import main  # noqa: E402

sys.exit(main())
