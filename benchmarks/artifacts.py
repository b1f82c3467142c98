"""Times the judgement of built files against `twine check` over the same files.

Run it with the Python of an environment that holds requirements/dev.txt and twine:

    python benchmarks/artifacts.py [--files 50] [--rounds 7] [--dist FOLDER]

Not a test: a clock on a shared machine proves nothing about a change. Both run in turns, as whole
processes from start to end, and the best time of each counts. The files are made here unless a
folder with real ones is given.
"""
# ruff: noqa: INP001, T201

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from artifact_maker import SdistMaker, WheelMaker  # noqa: E402

JUDGE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from pypi_publish.artifacts.read import read_artifacts
from pypi_publish.preflight.facts import Facts
from pypi_publish.preflight.families import checks_of
facts = Facts(artifacts=read_artifacts(Path(sys.argv[2])))
verdicts = [verdict for check in checks_of("artifacts") for verdict in check(facts)]
failed = [verdict.because for verdict in verdicts if verdict.status == "fail"]
print(len(facts.artifacts), len(verdicts), failed)
"""


def main() -> int:
    """Measure and print; the exit code says whether the aim was reached."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.dist or _made(Path(temporary), arguments.files)
        files = sorted(str(path) for path in folder.iterdir())
        ours = [sys.executable, "-c", JUDGE, str(ROOT / "scripts"), str(folder)]
        twine = [sys.executable, "-m", "twine", "check", *files]
        best = {"ours": 1e9, "twine": 1e9}
        for _ in range(arguments.rounds):
            best["ours"] = min(best["ours"], _seconds(ours))
            best["twine"] = min(best["twine"], _seconds(twine))
        print(subprocess.run(ours, capture_output=True, text=True, check=True).stdout.strip())
    for name, seconds in best.items():
        print(f"{name:6} {seconds:6.3f} s for {len(files)} files")
    print(f"ratio  {best['ours'] / best['twine']:6.2f} (at most 1)")
    return int(best["ours"] > best["twine"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the family `artifacts` against twine check.")
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dist", type=Path)
    return parser.parse_args()


def _made(folder: Path, count: int) -> Path:
    """Write wheels and sdists of twenty modules each, half of each kind."""
    random = Random(20_261_121)  # noqa: S311
    for number in range(count // 2):
        stem = f"sample_pkg{number}"
        changes = {"Name": stem.replace("_", "-")}
        text = "".join(
            f"value_{random.random()} = {random.random()}\n" for _ in range(150)
        ).encode()
        modules = {f"{stem}/module{module}.py": text for module in range(20)}
        WheelMaker(
            f"{stem}-1.0-py3-none-any.whl", f"{stem}-1.0.dist-info", changes, extra=modules
        ).write(folder)
        packed = {f"{stem}-1.0/src/{name}": data for name, data in modules.items()}
        SdistMaker(f"{stem}-1.0.tar.gz", f"{stem}-1.0", changes, extra=packed).write(folder)
    return folder


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
