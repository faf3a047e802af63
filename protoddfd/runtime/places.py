"""Where things are below the home."""

from pathlib import Path

import msgspec


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Every folder and file that the daemon uses."""

    home: Path
    generated: Path
    templates: Path
    cache: Path
    socket: Path

    @property
    def run(self) -> Path:
        """Sockets and locks; may vanish at a reboot."""
        return self.home / "run"

    @property
    def state(self) -> Path:
        """Snapshots."""
        return self.home / "state"

    @property
    def logs(self) -> Path:
        """What apps and the daemon say."""
        return self.home / "logs"

    @property
    def uploads(self) -> Path:
        """Files that clients hand over."""
        return self.home / "uploads"

    @property
    def state_file(self) -> Path:
        """The port map and the wishes."""
        return self.state / "protoddf.json"

    def make(self) -> None:
        """Create what is missing; raise OSError when the disk refuses."""
        for folder in (self.home, self.run, self.state, self.logs, self.uploads):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.generated.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)
