"""check-action-pins as its users run it."""

from pathlib import Path

from conftest import RunScript


def test_a_folder_without_workflows_is_nothing_to_inspect(
    run_script: RunScript, tmp_path: Path
) -> None:
    outcome = run_script("check-action-pins", "--json", tmp_path)
    assert outcome.code == 3
    assert outcome.document["error"]["code"] == "nothing-to-inspect"
    assert outcome.data == []
