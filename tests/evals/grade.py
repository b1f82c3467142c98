"""Lay out a case of evals.json for a run, and grade the answer and the tree that came of it."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
sys.path.append(str(SCRIPTS))

Outcome = Literal["pass", "fail", "needs-a-reader"]
_FLAGS = re.IGNORECASE | re.MULTILINE
_FENCED = re.compile(r"^\s*(```|~~~)[^\n]*\n(.*?)^\s*\1", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"(?:^\s*(?:#|//|::|REM\b)|[ \t]#[ \t]).*$", re.MULTILINE)
# A line break inside of a paragraph; not one in front of a heading, a list item or a fence.
_WRAPPED = re.compile(r"(?<!\n)\n(?![\n#>|`~]|\s*(?:[-*+]|\d+[.)])\s)")
# What our scripts end with when they judged: ready, nothing to judge, malformed, findings.
_JUDGED: Mapping[int, Outcome] = {0: "pass", 3: "fail", 4: "fail", 10: "fail"}


class NotThere(Exception):
    """A case, an answer or a tree that does not exist."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one check saw."""

    outcome: Outcome
    evidence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one assertion."""

    assertion: str
    verdict: Outcome
    evidence: tuple[str, ...] = ()


def cases() -> dict[str, Mapping[str, Any]]:
    """Return the cases of evals.json by their ids."""
    document = json.loads((HERE / "evals.json").read_text(encoding="utf-8"))
    return {case["id"]: case for case in document["evals"]}


def prepare(case: Mapping[str, Any], tree: Path) -> None:
    """Copy the files of a case; with `git` in it, into a repository with its remote and tags."""
    shutil.copytree(HERE / "files" / case["id"], tree, dirs_exist_ok=True)
    if "git" in case:
        author = ("-c", "user.name=Eval", "-c", "user.email=eval@example.org")
        # Not the settings of whoever runs this: they may sign commits, or run hooks.
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for command in (
            ("init", "--quiet", "--initial-branch=main"),
            ("remote", "add", "origin", case["git"]["remote"]),
            ("add", "--all"),
            (*author, "commit", "--quiet", "--message=As it was found"),
            *(("tag", name) for name in case["git"].get("tags", ())),
        ):
            environment = {**os.environ, **alone}
            subprocess.run(["git", "-C", str(tree), *command], check=True, env=environment)


def grade(case: Mapping[str, Any], answer: str, tree: Path) -> Iterator[Verdict]:
    """Yield a verdict on each assertion; those without checks need a reader."""
    for number, assertion in enumerate(case["assertions"], 1):
        results = [judged(check, answer, tree) for check in case["checks"] if check["of"] == number]
        yield verdict(assertion, results)


def verdict(assertion: str, results: Sequence[Result]) -> Verdict:
    """Sum up: one failing check fails the assertion, and one that could not look needs a reader."""
    if not results:
        return Verdict(assertion, "needs-a-reader")
    outcomes = {result.outcome for result in results}
    worst: Outcome = next(kind for kind in ("fail", "needs-a-reader", "pass") if kind in outcomes)
    evidence = tuple(result.evidence for result in results if result.outcome == worst)
    return Verdict(assertion, worst, evidence)


def judged(check: Mapping[str, Any], answer: str, tree: Path) -> Result:
    """Carry out one check."""
    if "run" in check:
        return ran(check["run"], tree)
    where = check["in"]
    if where == "answer":
        text = _WRAPPED.sub(" ", answer)
    elif where == "commands":
        text = commands(answer)
    else:
        found = [file for file in sorted(tree.glob(where)) if file.is_file()]
        if not found:
            return Result("fail", f"no file matches {where}")
        text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in found)
    return searched(check, text)


def commands(answer: str) -> str:
    """Return what stands in code blocks, without comments: what the reader is told to type."""
    return _COMMENT.sub("", "\n".join(match[2] for match in _FENCED.finditer(answer)))


def searched(check: Mapping[str, Any], text: str) -> Result:
    """Look for what must stand in a text and for what must not."""
    where, quotes = check["in"], []
    for pattern in check.get("lacks", ()):
        if unwanted := re.search(pattern, text, _FLAGS):
            return Result("fail", f"{where} has /{pattern}/: {quoted(unwanted)}")
        quotes.append(f"{where} has no /{pattern}/")
    # Of what can be said in other words too, not finding it proves nothing.
    absent: Outcome = "needs-a-reader" if "says" in check else "fail"
    for pattern in (*check.get("has", ()), *check.get("says", ())):
        wanted = re.search(pattern, text, _FLAGS)
        if wanted is None:
            return Result(absent, f"{where} has no /{pattern}/")
        quotes.append(f"{where}: {quoted(wanted)}")
    return Result("pass", "; ".join(quotes))


def quoted(match: re.Match[str]) -> str:
    """Return what was found with what stands around it, and never a secret."""
    from pypi_publish.failures.redact import redacted

    # Whole lines are redacted: of a secret that is cut in two the pieces are not recognised.
    first = match.string.rfind("\n", 0, match.start()) + 1
    last = match.string.find("\n", match.end())
    lines = redacted(match.string[first : last if last >= 0 else None])
    at = max(lines.find(redacted(match[0])), 0)
    around = lines[max(at - 40, 0) : at + min(len(match[0]), 160) + 40]
    return json.dumps(" ".join(around.split()), ensure_ascii=False)


def ran(command: Sequence[str], tree: Path) -> Result:
    """Run one of our scripts in the tree; it passes when the script has nothing to report."""
    script, *arguments = command
    try:
        ended = subprocess.run(
            [sys.executable, SCRIPTS / f"{script}.py", "--json", *arguments],
            cwd=tree,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result("needs-a-reader", f"{script} did not end in time")
    outcome = _JUDGED.get(ended.returncode, "needs-a-reader")
    said = f"`{' '.join(command)}` ended with {ended.returncode}"
    try:
        document = json.loads(ended.stdout)
    except ValueError:
        return Result(outcome, f"{said}: {ended.stderr.strip()[-200:]}")
    if document["error"]:
        return Result(outcome, f"{said}: {document['error']['message']}")
    worst = [record["detail"] for record in document["data"] if record["status"] != "pass"]
    return Result(outcome, ": ".join([said, *worst[:1]]))


def report(case: Mapping[str, Any], answer: Path, tree: Path) -> dict[str, Any]:
    """Return the document that is printed."""
    if not tree.is_dir():
        raise NotThere(f"no folder {tree}")
    try:
        text = answer.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NotThere(f"no answer in {answer}") from error
    verdicts = tuple(grade(case, text, tree))
    summary = {
        kind: sum(one.verdict == kind for one in verdicts)
        for kind in ("pass", "fail", "needs-a-reader")
    }
    return {"case": case["id"], "summary": summary, "assertions": [asdict(one) for one in verdicts]}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Exit codes: 0 no assertion fails; 2 usage; 3 not found; 10 an assertion fails.",
    )
    parser.add_argument("case", help="an id of evals.json")
    parser.add_argument("--prepare", type=Path, metavar="DIR", help="lay out the case there")
    parser.add_argument("--answer", type=Path, metavar="FILE", help="what the agent answered")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="the folder as the agent left it")
    return parser


def document(given: argparse.Namespace) -> dict[str, Any]:
    """Lay out the case or grade it, and return what there is to print."""
    if given.case not in cases():
        raise NotThere(f"no case {given.case}; there are {', '.join(cases())}")
    case = cases()[given.case]
    if given.prepare is None:
        return report(case, given.answer, given.tree)
    prepare(case, given.prepare)
    return {"case": given.case, "prompt": case["prompt"]}


def main() -> int:
    parser = arguments()
    given = parser.parse_args()
    if not given.prepare and not (given.answer and given.tree):
        parser.error("give --answer and --tree, or --prepare")
    if given.prepare and given.prepare.exists() and any(given.prepare.iterdir()):
        parser.error(f"{given.prepare} is not empty")
    try:
        printed = document(given)
    except NotThere as error:
        sys.stdout.write(json.dumps({"case": given.case, "error": str(error)}) + "\n")
        return 3
    sys.stdout.write(json.dumps(printed, indent=2) + "\n")
    return 10 if printed.get("summary", {}).get("fail") else 0


if __name__ == "__main__":
    sys.exit(main())
