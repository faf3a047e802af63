"""What a killed daemon left half-made is removed; what people put beside their apps stays."""

from pathlib import Path

from protoddfd.runtime.boot import sweep_leftovers


def test_half_made_and_half_deleted_apps_go_and_everything_else_stays(tmp_path: Path) -> None:
    for name in (".making-x1", ".crm.deleted", "crm", ".git", ".making"):
        (tmp_path / name / "inside").mkdir(parents=True)
    sweep_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", ".making", "crm"]
