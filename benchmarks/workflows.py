"""Writes the workflows that check-action-pins and zizmor are timed on; the same for one seed."""

from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from random import Random

SEED = 20_261_101
SHORTEST, LONGEST = 80, 300

ACTIONS = {
    "actions/checkout": "v7.0.1",
    "actions/setup-python": "v7.0.0",
    "actions/setup-node": "v6.2.0",
    "actions/cache": "v5.0.3",
    "actions/upload-artifact": "v7.0.1",
    "actions/download-artifact": "v8.0.1",
    "astral-sh/setup-uv": "v10.0.1",
    "codecov/codecov-action": "v5.5.2",
    "docker/build-push-action": "v6.18.0",
    "docker/login-action": "v3.6.0",
    "docker/setup-buildx-action": "v3.12.0",
    "pypa/cibuildwheel": "v4.2.0",
    "pypa/gh-action-pypi-publish": "v1.14.2",
    "softprops/action-gh-release": "v2.5.0",
}
WORKFLOWS = {
    "example/ci/.github/workflows/test.yml": "v3.1.0",
    "example/docs/.github/workflows/build.yaml": "v1.12.4",
}
IMAGES = ("python:3.13-slim", "postgres:17", "redis:7-alpine", "ghcr.io/example/builder:4.2")
SHELL = (
    "set -euo pipefail",
    'echo "building $PROJECT with $(python --version)"',
    "python -m pip install --require-hashes --requirement requirements/dev.txt",
    'for name in dist/*; do printf "%s %s\\n" "$(sha256sum "$name")" "$name"; done',
    "if [ -d build ]; then",
    "  rm -r build",
    "fi",
    'python -m pytest --junit-xml="$RUNNER_TEMP/report.xml" -n auto  # uses: nothing@v1',
    "git diff --exit-code -- src docs",
    'echo "date=$(date --utc +%F)" >> "$GITHUB_OUTPUT"',
    "tox run-parallel --parallel-no-spinner -- --durations 20",
)


class Writer:
    """Writes workflows, either tidy ones or such as need much mending; the same for one seed."""

    def __init__(self, *, tidy: bool) -> None:
        self.random = Random(SEED + tidy)
        self.tidy = tidy

    def workflow(self, number: int) -> str:
        """Return a workflow of a drawn length, give or take a job's head."""
        length = self.random.randint(SHORTEST, LONGEST - 50)
        lines = list(self._head(number))
        job = 0
        while len(lines) < length:
            lines += self._job(job, min(length - len(lines), self.random.randint(25, 120)))
            job += 1
        return "\n".join(lines) + "\n"

    def _head(self, number: int) -> Iterator[str]:
        yield f"name: Workflow {number}"
        yield "on:"
        yield from ("  push:", "    branches: [main]", "  pull_request:", "  workflow_dispatch:")
        if self.tidy:
            yield "permissions: {}"
        elif self.random.random() < 0.4:
            yield "permissions: write-all"
        if self.tidy or self.random.random() < 0.3:
            yield from ("concurrency:", "  group: ${{ github.workflow }}-${{ github.ref }}")
            yield "  cancel-in-progress: true"
        yield from ("env:", f"  PROJECT: project-{number}", "  FORCE_COLOR: '1'", "")
        yield "jobs:"

    def _job(self, job: int, length: int) -> Iterator[str]:
        if self.random.random() < 0.12:
            yield from self._called_workflow(job)
            return
        lines = list(self._job_head(job))
        while len(lines) < length:
            lines += self._step(first=lines[-1].endswith("steps:"))
        yield from lines
        yield ""

    def _called_workflow(self, job: int) -> Iterator[str]:
        name, version = self.random.choice(list(WORKFLOWS.items()))
        yield f"  called-{job}:"
        yield from ("    permissions:", "      contents: read # to check out")
        yield f"    uses: {self._reference(name, version)}"
        yield from ("    with:", "      python: '3.13'", "")

    def _job_head(self, job: int) -> Iterator[str]:
        yield f"  job-{job}:"
        yield f"    name: Job {job}"
        yield "    runs-on: ${{ matrix.os }}"
        yield "    timeout-minutes: 20"
        if self.tidy or self.random.random() < 0.5:
            yield from ("    permissions:", "      contents: read # to check out")
        yield from ("    strategy:", "      fail-fast: false", "      matrix:")
        yield "        os: [ubuntu-24.04, macos-15, windows-2025]"
        yield "        python:"
        yield from (f"          - '3.{minor}'" for minor in range(11, self.random.randint(12, 15)))
        if self.random.random() < 0.2:
            yield from ("    container:", f"      image: {self._image()}")
        if self.random.random() < 0.2:
            yield from ("    services:", "      database:", f"        image: {self._image()}")
            yield from ("        ports:", "          - 5432:5432")
        yield "    steps:"

    def _step(self, *, first: bool) -> Iterator[str]:
        if first:
            yield from self._checkout()
        elif self.random.random() < 0.5:
            yield from self._use()
        else:
            yield from self._run()

    def _checkout(self) -> Iterator[str]:
        yield f"      - uses: {self._reference('actions/checkout', ACTIONS['actions/checkout'])}"
        if self.tidy or self.random.random() < 0.3:
            yield from ("        with:", "          persist-credentials: false")

    def _use(self) -> Iterator[str]:
        # zizmor has something to say of caches and publishing that no pin can mend.
        plain = ("actions/setup-python", "actions/upload-artifact", "actions/download-artifact")
        name = self.random.choice(plain if self.tidy else list(ACTIONS))
        if name == "actions/checkout":
            yield from self._checkout()
            return
        yield f"      - name: Use {name.partition('/')[2]}"
        yield f"        uses: {self._reference(name, ACTIONS[name])}"
        yield "        with:"
        yield f"          name: result-{self.random.randint(1, 9)}"
        yield "          path: |"
        yield from (f"            dist/{part}" for part in ("*.whl", "*.tar.gz", "!*.log"))

    def _run(self) -> Iterator[str]:
        yield f"      - name: Do step {self.random.randint(1, 99)}"
        yield "        if: runner.os != 'Windows'"
        yield "        env:"
        yield "          PYTHON: ${{ matrix.python }}"
        yield "        run: |"
        yield from (f"          {line}" for line in self._shell())

    def _shell(self) -> Iterator[str]:
        start = self.random.randint(0, len(SHELL) - 1)
        for at in range(start, start + self.random.randint(2, 9)):
            line = SHELL[at % len(SHELL)]
            if line.startswith("if "):
                yield from SHELL[4:7]
            elif line.lstrip() not in ("rm -r build", "fi"):
                yield line
        if not self.tidy and self.random.random() < 0.3:
            yield 'echo "${{ github.event.pull_request.title }}"'

    def _reference(self, name: str, version: str) -> str:
        commit = sha1(f"{name} {version}".encode(), usedforsecurity=False).hexdigest()
        if self.tidy or self.random.random() < 0.4:
            return f"{name}@{commit} # {version}"
        forms = (
            f"{name}@{commit}",
            f"{name}@{version}",
            f'"{name}@{version.partition(".")[0]}"',
            f"{name}@main",
        )
        return self.random.choice(forms)

    def _image(self) -> str:
        image = self.random.choice(IMAGES)
        if self.tidy or self.random.random() < 0.3:
            digest = sha1(image.encode(), usedforsecurity=False).hexdigest()
            return f"{image}@sha256:{digest}{digest[:24]}"
        return image


def write_workflows(folder: Path, files: int, *, tidy: bool) -> Path:
    """Write so many workflows into a folder that stands for a repository."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    writer = Writer(tidy=tidy)
    for number in range(files):
        text = writer.workflow(number)
        if not SHORTEST <= text.count("\n") <= LONGEST:
            raise ValueError(f"workflow {number} has {text.count(chr(10))} lines")
        (workflows / f"workflow-{number:03}.yml").write_text(text, encoding="utf-8")
    return folder
