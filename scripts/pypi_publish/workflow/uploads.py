"""Uploads to a package index: which tool, to where, and with whose rights."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from pypi_publish.verdict import Place
from pypi_publish.workflow.github import GithubStep
from pypi_publish.workflow.nodes import Scalar
from pypi_publish.workflow.publishing import (
    ACTIONS,
    MATURIN_ACTIONS,
    PUBLISH_ACTION,
    is_upload_command,
)
from pypi_publish.workflow.shell import commands, program

PYPI = "pypi"
TESTPYPI = "testpypi"
_SEMANTIC_RELEASE = {
    "python-semantic-release/python-semantic-release",
    "relekang/python-semantic-release",
}
# Tools that ask for an identity token themselves where they are given no password.
# https://docs.pypi.org/trusted-publishers/using-a-publisher/
ASKS_FOR_IDENTITY = {PUBLISH_ACTION, "twine", "uv", "pdm", "maturin"}

_SECRET_VARIABLES = {
    "twine": r"TWINE_PASSWORD",
    "uv": r"UV_PUBLISH_(?:TOKEN|PASSWORD)",
    "poetry": r"POETRY_PYPI_TOKEN_\w{1,60}|POETRY_HTTP_BASIC_\w{1,60}_PASSWORD",
    "hatch": r"HATCH_INDEX_AUTH",
    "flit": r"FLIT_PASSWORD",
    "pdm": r"PDM_PUBLISH_PASSWORD",
    "maturin": r"MATURIN_(?:PYPI_TOKEN|PASSWORD)",
    "semantic-release": r"PYPI_TOKEN|REPOSITORY_PASSWORD",
    "setup.py": r"TWINE_PASSWORD",
}
_SECRET_OPTIONS = {
    "twine": ("-p", "--password"),
    "uv": ("-t", "--token", "-p", "--password"),
    "poetry": ("-p", "--password"),
    "hatch": ("-a", "--auth"),
    "pdm": ("-P", "--password"),
    "maturin": ("-p", "--password"),
}
_USER_VARIABLES = {
    "twine": "TWINE_USERNAME",
    "uv": "UV_PUBLISH_USERNAME",
    "hatch": "HATCH_INDEX_USER",
    "flit": "FLIT_USERNAME",
    "pdm": "PDM_PUBLISH_USERNAME",
    "maturin": "MATURIN_USERNAME",
}
_USER_OPTIONS = ("-u", "--username", "--user")
_INDEX_VARIABLES = {
    "twine": ("TWINE_REPOSITORY_URL", "TWINE_REPOSITORY"),
    "uv": ("UV_PUBLISH_URL", "UV_PUBLISH_INDEX"),
    "hatch": ("HATCH_INDEX_REPO",),
    "flit": ("FLIT_INDEX_URL",),
    "pdm": ("PDM_PUBLISH_REPO",),
    "maturin": ("MATURIN_REPOSITORY_URL", "MATURIN_REPOSITORY"),
}
_INDEX_OPTIONS = (
    "--repository-url", "--publish-url", "--repository", "--repo", "--index", "-r",
)  # fmt: skip
_BRACED = re.compile(r"\$\{(\w{1,80})\}")
_FOLDER_OF_PROGRAM = re.compile(r"^([ \t]*)\$\{\w{1,80}\}(?=[a-z])", re.MULTILINE)
_MOST_UPLOADS = 50  # of one text: a file of nothing but uploads is no release
_DRY = {"--dry-run", "-n", "--no-upload"}
_NAMES = {
    "pypi": PYPI, "main": PYPI, "testpypi": TESTPYPI, "test-pypi": TESTPYPI, "test_pypi": TESTPYPI,
    "test": TESTPYPI,
}  # fmt: skip


class Origin(StrEnum):
    """Where a password comes from."""

    STORED = "stored"  # a secret of the repository
    MINTED = "minted"  # an earlier step's output: an identity exchanged by hand
    LITERAL = "literal"  # in the file itself, for everybody who can read it
    UNKNOWN = "unknown"  # in a variable of the machine, a file, the output of a command


@dataclass(frozen=True, slots=True)
class Credential:
    """A password or token that is handed to the upload."""

    name: str
    origin: Origin
    place: Place


@dataclass(frozen=True)
class Upload:
    """One step or command that sends files to an index."""

    tool: str
    place: Place
    index: str | None  # "pypi", "testpypi", an address or a name; None: only the run knows
    index_place: Place | None = None
    address: str | None = None  # of the index, where a variable says it
    credentials: tuple[Credential, ...] = ()
    user: str | None = None
    words: tuple[str, ...] = ()  # of a command
    step: GithubStep | None = None
    via: str | None = None  # the script, Makefile or composite action that holds it
    ignores_failure: bool = False

    @property
    def on_public_index(self) -> bool:
        """Whether it goes to one of the indexes that take an identity instead of a password."""
        return self.index in (PYPI, TESTPYPI)

    @property
    def asks_for_identity(self) -> bool:
        """Whether it is Trusted Publishing: no password, and a tool that asks for an identity."""
        if self.credentials:
            return all(item.origin is Origin.MINTED for item in self.credentials)
        never = self.option("--trusted-publishing") == "never"
        return self.on_public_index and self.tool in ASKS_FOR_IDENTITY and not never

    @property
    def wants_attestations(self) -> bool:
        """Whether the publish action is left to make attestations, as it does by itself."""
        setting = self.step.input("attestations") if self.step else None
        return setting is None or setting.text.strip().lower() != "false"

    @property
    def skips_existing(self) -> bool:
        """Whether it passes over files of a name that the index has."""
        if self.words:
            return self.has("--skip-existing") and self.tool != "uv"
        setting = self.step.input("skip-existing", "skip_existing") if self.step else None
        return setting is not None and setting.text.strip().lower() == "true"

    def option(self, *names: str) -> str | None:
        return option(self.words, names)

    def has(self, *names: str) -> bool:
        return any(word.partition("=")[0] in names for word in self.words)


@dataclass(frozen=True)
class Surroundings:
    """What a command sees besides its own words."""

    file: str  # that holds the text
    env: Mapping[str, Scalar] = field(default_factory=dict)
    env_file: str = ""  # that holds the variables
    step: GithubStep | None = None
    via: str | None = None
    first_line: int = 1
    lines_known: bool = True  # False: of the text only the first line's place is known

    def line(self, within: int) -> int:
        return self.first_line + within if self.lines_known else self.first_line


def uploads_of_action(step: GithubStep, env: Mapping[str, Scalar]) -> Iterator[Upload]:
    """Yield the upload that an action makes."""
    if step.action in ACTIONS:
        tool, secrets = ACTIONS[step.action]
        address = step.input("repository-url", "repository_url", "publish_registry")
        user = step.input("user")
        yield Upload(
            tool=tool,
            place=step.place,
            index=index_named(address.text) if address else PYPI,
            index_place=step.place_of(address) if address else None,
            credentials=tuple(_given(step, env, secrets)),
            user=user.text.strip() if user else None,
            step=step,
        )
    elif step.action in MATURIN_ACTIONS:
        command = step.input("command")
        if command is not None and command.text.strip() in ("upload", "publish"):
            arguments = step.input("args")
            text = f"maturin upload {arguments.text if arguments else ''}"
            line = step.place.line or 1
            around = Surroundings(step.file, {**env, **step.env}, step.file, step, first_line=line)
            yield from uploads_in(text, around)
    elif step.action in _SEMANTIC_RELEASE:
        given = tuple(_given(step, env, ("pypi_token", "repository_password")))
        if given:
            yield Upload("semantic-release", step.place, PYPI, credentials=given, step=step)


def uploads_in(text: str, around: Surroundings) -> Iterator[Upload]:
    """Yield the uploads among the commands of a shell text."""
    if "publish" not in text and "upload" not in text:
        return
    text = _FOLDER_OF_PROGRAM.sub(r"\1", text)  # `${PREFIX}twine upload`
    text = _BRACED.sub(r"$\1", text)  # for a shell's words, braces end a command
    found = ((command, program(command.words)) for command in commands(text))
    uploads = ((command, words) for command, words in found if is_upload_command(words))
    for command, words in islice(uploads, _MOST_UPLOADS):
        if not _DRY & set(words):
            tool = "setup.py" if "setup.py" in words[:2] else words[0].rpartition("/")[2]
            line = around.line(command.line)
            yield _upload(tool, words, text, Place(around.file, line), around)


def _upload(
    tool: str, words: tuple[str, ...], text: str, place: Place, around: Surroundings
) -> Upload:
    index, index_place, address = _index(tool, words, text, around)
    user = option(words, _USER_OPTIONS)
    named = around.env.get(_USER_VARIABLES.get(tool, ""))
    return Upload(
        tool=tool,
        place=place,
        index=index,
        index_place=index_place or place,
        address=address,
        credentials=tuple(_credentials(tool, words, text, place, around)),
        user=user or (named.text.strip() if named else None),
        words=words,
        step=around.step,
        via=around.via,
        ignores_failure=_failure_ignored(text, words),
    )


def _credentials(
    tool: str, words: tuple[str, ...], text: str, place: Place, around: Surroundings
) -> Iterator[Credential]:
    pattern = re.compile(_SECRET_VARIABLES.get(tool, r"(?!)"))
    for name, value in around.env.items():
        if pattern.fullmatch(name) and value.text.strip():
            yield Credential(
                name, origin(value.text), Place(around.env_file, value.line, value.column)
            )
    hinted = any(piece in text for piece in ("PASSWORD=", "TOKEN=", "TOKEN_", "AUTH="))
    for name, value in re.findall(rf"\b({pattern.pattern})=(\S+)", text) if hinted else ():
        if value.strip("\"'"):
            yield Credential(name, _origin_in_shell(value, around), place)
    given = option(words, _SECRET_OPTIONS.get(tool, ()))
    if given:
        named = next(word for word in words if word.startswith(_SECRET_OPTIONS[tool]))
        yield Credential(named.partition("=")[0], _origin_in_shell(given, around, text), place)
    if tool == "poetry" and re.search(
        r"config\s{1,9}(?:--\S{1,40}\s{1,9}){0,3}(?:pypi-token|http-basic)\.", text
    ):
        yield Credential("poetry config", _origin_in_shell("", around, text), place)


def _origin_in_shell(value: str, around: Surroundings, text: str = "") -> Origin:
    """Return where a value of a shell text comes from; a variable, from its own value."""
    named = re.search(r"\$\{?([A-Za-z_]\w*)", value)
    if named and named[1] in around.env:
        return origin(around.env[named[1]].text)
    if named or not value:
        found = origin(text)
        return Origin.UNKNOWN if found is Origin.LITERAL else found
    return origin(value)


def origin(text: str) -> Origin:
    """Return where the value of an input or a variable comes from."""
    if re.search(r"\bsecrets\s*[.\[]", text):
        return Origin.STORED
    if re.search(r"\b(?:steps|needs)\s*[.\[]", text):
        return Origin.MINTED
    return Origin.UNKNOWN if re.search(r"[$%`\s]", text.strip()) else Origin.LITERAL


def _given(
    step: GithubStep, env: Mapping[str, Scalar], names: Sequence[str]
) -> Iterator[Credential]:
    for name in names:
        value = step.input(name) or env.get(name)
        if value is not None and value.text.replace(" ", "") not in ("''", '""'):
            yield Credential(name, origin(value.text), step.place_of(value))


def _index(
    tool: str, words: tuple[str, ...], text: str, around: Surroundings
) -> tuple[str | None, Place | None, str | None]:
    """Return the index, and where and how a variable names it."""
    said = option(words, _INDEX_OPTIONS)
    if said:
        return index_named(_looked_up(said, around)), None, None
    for name in _INDEX_VARIABLES.get(tool, ()):
        value = around.env.get(name)
        if value is not None and value.text.strip():
            place = Place(around.env_file, value.line, value.column)
            return index_named(value.text), place, value.text.strip()
        inline = re.search(rf"{name}=['\"]?([^\s'\"]+)", text)
        if inline:
            return index_named(inline[1]), None, inline[1]
    return PYPI, None, None


def _looked_up(said: str, around: Surroundings) -> str:
    named = re.fullmatch(r"\$\{?([A-Za-z_]\w*)\}?", said)
    value = around.env.get(named[1]) if named else None
    return value.text if value is not None else said


def index_named(text: str) -> str | None:
    """Return "pypi" or "testpypi" for what names one of them, else the name or address itself."""
    text = text.strip()
    if re.search(r"\$\{\{|\$EXPRESSION|^\$", text):
        return None
    if re.match(r"https?://test\.pypi\.org(?:/|$)", text):
        return TESTPYPI
    if re.match(r"https?://(?:upload\.)?(?:www\.)?pypi\.org(?:/|$)", text):
        return PYPI
    return _NAMES.get(text.lower(), text)


def option(words: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the value of the first of some options that a command is given."""
    for number, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            following = words[number + 1] if number + 1 < len(words) else None
            return value if equals else following
    return None


def _failure_ignored(text: str, words: tuple[str, ...]) -> bool:
    tail = re.escape(words[0]) + r"[^\n;]{0,2000}?\|\|[ \t]{0,9}(?:true|:|exit 0|echo\b)"
    return re.search(tail, text.replace("\\\n", " ")) is not None
