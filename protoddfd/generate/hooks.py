"""The hooks of a template whose hash the configuration allows: its author's programs, run in the new folder.

They get no more than this process has: its memory limit, and a time. Their text is rendered as a file's is.
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from protoddfd.errors import TemplateRefused
from protoddfd.generate.elsewhere import Elsewhere
from protoddfd.generate.elsewhere_texts import Texts

BEFORE, AFTER = "pre_gen_project", "post_gen_project"
HOOK_S = 120.0
"""How long one may take."""
_SAID = 2000
_PR_SET_PDEATHSIG = 1
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


def refuse_unless_allowed(template: Elsewhere, allowed: tuple[str, ...]) -> None:
    """Raise TemplateRefused for a template with hooks that nobody has allowed; it names the hash."""
    if template.hooks and template.hash not in allowed:
        names = ", ".join(template.hooks[:5])
        raise TemplateRefused(
            f"the template {template.folder} has hooks, which would run as the daemon's user: {names}."
            f" Its hash is {template.hash}",
            hint="read them; to allow exactly this template, put into config.toml and reload: [templates]"
            f' allowed_hooks = ["{template.hash}"]',
        )


def run(template: Elsewhere, texts: Texts, which: str, folder: Path) -> None:
    """Run one hook of an allowed template in `folder`, if it has it; raise TemplateRefused if it fails."""
    for path in template.hooks:
        hook = Path(path)
        if len(hook.parts) == 2 and hook.stem == which and not hook.name.endswith("~"):
            text = texts.render(template.files[path][0].decode(errors="replace"), path)
            _run_text(template, hook, text, folder)


def _run_text(template: Elsewhere, hook: Path, text: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hook-") as place:
        program = Path(place) / hook.name
        program.write_text(text)
        program.chmod(0o700)
        command = [sys.executable, str(program)] if hook.suffix == ".py" else [str(program)]
        status, said = _run_program(command, folder)
    if status != 0:
        raise TemplateRefused(
            f"the hook {hook} of {template.folder} {_ending(status)}: {said[-_SAID:].strip()}",
            hint="see what it needs",
        )


def _run_program(command: list[str], folder: Path) -> tuple[int | None, str]:
    """Return the status, None if it took too long, and what it said; all that it started is ended."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - that this very program may run is what was allowed
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    except OSError as error:
        return 1, error.strerror or str(error)
    with process:
        try:
            said, _ = process.communicate(timeout=HOOK_S)
        except subprocess.TimeoutExpired:
            return None, ""
        else:
            return process.returncode, said
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _end_with_parent() -> None:
    """Have this process killed when the one that started it ends, which a job that takes too long does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _ending(status: int | None) -> str:
    return f"took longer than {HOOK_S:g} s" if status is None else f"ended with status {status}"
