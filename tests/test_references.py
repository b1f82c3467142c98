"""The pages are whole: links, contents, sources, code, commands, and no wrong advice."""

import configparser
import json
import re
import subprocess
import tomllib
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

import command_lines
import pages
import wrong_advice
from conftest import RunScript
from pages import ROOT, Block, Page

REFERENCES = pages.references()
EVERYTHING = pages.everything()
WRITTEN = [page for page in REFERENCES if not page.rendered]
SHELL = frozenset({"sh", "bash", "shell"})
POWERSHELL = frozenset({"powershell", "pwsh", "ps1"})
OUR_FILE = re.compile(r"(?<![\w./-])(?:SKILL_DIR/)?((?:assets|scripts|references)/[\w./-]*[\w/])")

each_page = pytest.mark.parametrize("page", EVERYTHING, ids=lambda page: page.name)
each_reference = pytest.mark.parametrize("page", REFERENCES, ids=lambda page: page.name)
each_written = pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)


def blocks(*languages: str) -> list[object]:
    """Return the blocks of code in these languages, one case each."""
    return [
        pytest.param(block, id=f"{page.name}:{block.line}")
        for page in EVERYTHING
        for block in page.blocks
        if block.language in languages
    ]


# Links


@each_page
def test_links_lead_to_files_of_exactly_that_name_and_to_headings_that_exist(page: Page) -> None:
    assert [f"{page.name}:{line}: {link}" for link, line in page.links if broken(page, link)] == []


@each_page
def test_files_named_in_the_text_exist(page: Page) -> None:
    named = set(OUR_FILE.findall(page.text))
    assert [name for name in sorted(named) if not exists(ROOT / name)] == []


@each_reference
def test_a_reference_sends_nobody_to_another_reference(page: Page) -> None:
    others = {other.path.name for other in REFERENCES} - {page.path.name}
    assert [name for name in sorted(others) if name in page.text] == []


@pytest.mark.parametrize(
    ("link", "is_broken"),
    [
        pytest.param("#one", False, id="heading"),
        pytest.param("#two", True, id="no such heading"),
        pytest.param("../SKILL.md", False, id="file"),
        pytest.param("../skill.md", True, id="another case"),
        pytest.param("../SKILL.md#nowhere", True, id="no such heading over there"),
        pytest.param("https://pypi.org/", False, id="address"),
        pytest.param("http://pypi.org/", True, id="not encrypted"),
        pytest.param("http://127.0.0.1:8080/simple/", False, id="loopback"),
        pytest.param("mailto:a@example.org", False, id="mail"),
    ],
)
def test_a_broken_link_is_told_from_a_good_one(link: str, is_broken: bool) -> None:
    assert broken(page_of("# One\n"), link) == is_broken


# Shape


@each_reference
def test_a_long_page_has_a_complete_table_of_contents(page: Page) -> None:
    assert missing_contents(page) == []


def test_a_table_of_contents_that_leaves_a_heading_out_is_noticed() -> None:
    text = "# T\n\n- [One](#one)\n\n## One\n\n## Two\n" + "\n" * 100
    assert missing_contents(page_of(text)) == ["two"]


@each_written
def test_a_page_says_when_it_was_true_and_where_from(page: Page) -> None:
    assert re.search(r"\bTrue as of [A-Z][a-z]+ 20\d\d\b", "\n".join(page.text.split("\n")[:8]))
    assert any(urlsplit(link).scheme == "https" for link, _ in page.links)


@each_written
def test_one_heading_names_the_page_and_none_is_repeated(page: Page) -> None:
    texts = [heading.anchor for heading in page.headings]
    assert len(set(texts)) == len(texts)
    assert [heading.level for heading in page.headings].count(1) == 1


@each_page
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: Page) -> None:
    assert ragged_rows(page.text) == []


def test_a_bar_that_splits_a_cell_is_noticed() -> None:
    assert ragged_rows("| a | b |\n|---|---|\n| `x|y` | z |\n| `x\\|y` | z |\n") == [3]


# Code


@pytest.mark.parametrize("block", blocks("yaml", "yml"))
def test_yaml_parses(block: Block) -> None:
    assert YAML(typ="safe", pure=True).load(block.text) is not None


@pytest.mark.parametrize("block", blocks("toml"))
def test_toml_parses(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", blocks("json"))
def test_json_parses(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("ini", "cfg"))
def test_ini_parses(block: Block) -> None:
    parser = configparser.RawConfigParser()
    parser.read_file(StringIO(block.text))
    assert parser.sections()


@pytest.mark.parametrize("block", blocks(*SHELL))
def test_shell_is_syntactically_right(block: Block) -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=block.text, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("block", blocks(*POWERSHELL))
def test_powershell_is_structurally_sane(block: Block) -> None:
    assert powershell_faults(block.text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("if ($x) { exit 1", "{", id="brace left open"),
        pytest.param('Write-Host "a', '"', id="quote left open"),
        pytest.param("a && b", "&&", id="not in Windows PowerShell 5.1"),
        pytest.param("uv build \\\n  --clear", "\\", id="continued as in a shell"),
        pytest.param("export A=1", "export", id="variable set as in a shell"),
    ],
)
def test_what_is_no_powershell_is_noticed(text: str, fault: str) -> None:
    assert powershell_faults(text) == [fault]


def test_powershell_with_quotes_comments_and_here_strings_is_sane() -> None:
    text = "# don't\n$a = @'\nit's {\n'@\nWrite-Host \"it's `\" (1)\" 'a \" b' # (\nif ($a) { 1 }\n"
    assert powershell_faults(text) == []


# Commands


@pytest.mark.slow  # asks every tool for its help
@each_page
def test_commands_have_only_options_that_the_tools_know(page: Page) -> None:
    wrong = [
        f"{page.name}:{block.line}: {problem}"
        for block in page.blocks
        if block.language in SHELL | POWERSHELL
        for problem in command_lines.unknown_options(block.text, block.language)
    ]
    wrong += [
        f"{page.name}:{saying.line}: {problem}"
        for saying in page.sayings
        for command in saying.commands
        for problem in command_lines.unknown_options(unquoted(command), "sh")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "language", "problems"),
    [
        pytest.param("twine upload --attestations dist/*", "sh", [], id="known"),
        pytest.param("twine upload --dry-run dist/*", "sh", ["twine upload: --dry-run"], id="not"),
        pytest.param(
            "A=1 python -m pip install --no-dep x", "sh", ["pip install: --no-dep"], id="-m"
        ),
        pytest.param("uvx twine check --strikt x", "sh", ["twine check: --strikt"], id="uvx"),
        pytest.param(
            "uv run --with build python -m build --wheels",
            "sh",
            ["build: --wheels"],
            id="within uv run",
        ),
        pytest.param(
            "uv build --claer # --x", "sh", ["uv build: --claer"], id="uv, with a comment"
        ),
        pytest.param("uv build \\\n  --claer", "sh", ["uv build: --claer"], id="on the next line"),
        pytest.param("cd x && uv publish --nope", "sh", ["uv publish: --nope"], id="after another"),
        pytest.param("git push --nope", "sh", [], id="a tool that is not installed with ours"),
        pytest.param("python -c 'print(1)' --x", "sh", [], id="python itself"),
        pytest.param(
            'uv run --no-config --quiet --script "SKILL_DIR/scripts/preflight.py" --jsn .',
            "sh",
            ["preflight: --jsn"],
            id="our script",
        ),
        pytest.param(
            "uv build `\n  --claer", "powershell", ["uv build: --claer"], id="powershell, continued"
        ),
    ],
)
def test_an_option_that_a_tool_does_not_know_is_noticed(
    text: str, language: str, problems: list[str]
) -> None:
    assert command_lines.unknown_options(text, language) == problems


def test_checks_that_commands_name_exist(run_script: RunScript) -> None:
    known = {
        record["check"]
        for record in run_script("preflight", "--list-checks", "--json", "--all").data
    }
    named = {
        name
        for page in EVERYTHING
        for name in re.findall(r"preflight[^\n`]*--(?:only|skip) ([a-z-]+)", page.text)
    }
    assert named - known == set()


# Advice


@each_page
def test_no_wrong_advice_slipped_in(page: Page) -> None:
    assert list(wrong_advice.findings(page)) == []


@pytest.mark.parametrize("advice", wrong_advice.ADVICE, ids=lambda advice: advice.name)
def test_wrong_advice_is_flagged_and_its_near_miss_is_not(advice: wrong_advice.Advice) -> None:
    assert advice.flags(advice.bad)
    assert not advice.flags(advice.good)
    assert f": {advice.name}: " in "".join(
        wrong_advice.findings(page_of(written(advice, advice.bad)))
    )
    assert list(wrong_advice.findings(page_of(written(advice, advice.good)))) == []


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        pytest.param("Use `pip install --extra-index-url https://x demo`.\n", True, id="advised"),
        pytest.param("Never use `--extra-index-url`.\n", False, id="denied"),
        pytest.param(
            "They add `--extra-index-url`. It is unsafe.\n", False, id="denied afterwards"
        ),
        pytest.param(
            "Add `--extra-index-url`. One. Two. It is not slow.\n", True, id="denial is elsewhere"
        ),
        pytest.param(
            "| Met elsewhere | True |\n|---|---|\n| `--extra-index-url` | `--no-deps` |\n",
            False,
            id="quoted in a table",
        ),
        pytest.param("```sh\npip install --extra-index-url x y\n```\n", True, id="in a block"),
        pytest.param("```text\npip install --extra-index-url x y\n```\n", False, id="a log"),
    ],
)
def test_a_text_is_judged_by_whether_it_advises(text: str, flagged: bool) -> None:
    assert bool(list(wrong_advice.findings(page_of(text)))) == flagged


def written(advice: wrong_advice.Advice, text: str) -> str:
    """Return the text as it stands on a page."""
    language = {"shell": "sh", "config": "ini"}.get(advice.where, advice.where)
    return f"{text}\n" if advice.where == "prose" else f"```{language}\n{text}\n```\n"


def page_of(text: str) -> Page:
    """Return a page of references/ with this text."""
    return pages.parse(ROOT / "references" / "sample.md", text)


def broken(page: Page, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme in {"http", "https"}:
        return parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost"}
    if parts.scheme:
        return parts.scheme != "mailto"
    target = (page.path.parent / parts.path).resolve() if parts.path else page.path
    if target != page.path and not exists(target):
        return True
    if not parts.fragment:
        return False
    there = page if target == page.path else pages.read(target)
    return parts.fragment not in there.anchors


def exists(path: Path) -> bool:
    """Whether the file is there under exactly this name, also where case does not matter."""
    path = path.resolve()
    steps = [path, *path.parents]
    inside = [step for step in steps if step.is_relative_to(ROOT) and step != ROOT]
    return all(
        step.parent.is_dir() and step.name in {entry.name for entry in step.parent.iterdir()}
        for step in reversed(inside)
    )


def missing_contents(page: Page) -> list[str]:
    """Return the anchors that the contents of a long page leave out."""
    if len(page.text.splitlines()) <= 100:
        return []
    level = {
        depth: [heading.anchor for heading in page.headings if heading.level == depth]
        for depth in (2, 3)
    }
    first = next((heading.line for heading in page.headings if heading.level == 2), 0)
    linked = {link[1:] for link, line in page.links if line < first}
    if page.rendered and level[3] and linked >= set(level[3]):
        return []
    return [anchor for anchor in level[2] if anchor not in linked]


def ragged_rows(text: str) -> list[int]:
    """Return the lines of tables that have more or fewer cells than the first row."""
    ragged, head, fenced = [], 0, False
    for line, content in enumerate(text.split("\n"), 1):
        fenced ^= content.lstrip().startswith("```")
        bars = len(re.findall(r"(?<!\\)\|", content)) if content.lstrip().startswith("|") else 0
        head = 0 if fenced or not bars else head or bars
        ragged += [line] if bars not in {0, head} and not fenced else []
    return ragged


def powershell_faults(text: str) -> list[str]:
    """Return what is left open, and what belongs to another shell."""
    bare = re.sub(r"@(['\"])\n.*?\n\1@", "''", text, flags=re.DOTALL)
    bare = re.sub(r"`.", "", bare)
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|(?:(?<=\s)|^)#.*$", "", bare, flags=re.MULTILINE)
    faults = [
        opening for opening, closing in ("()", "{}", "[]") if unbalanced(bare, opening, closing)
    ]
    faults += [quote for quote in "'\"" if quote in bare]
    faults += [word for word in ("&&", "||") if word in bare]
    faults += ["\\"] if re.search(r"\s\\$", bare, re.MULTILINE) else []
    return faults + (["export"] if re.search(r"^\s*export\s", bare, re.MULTILINE) else [])


def unbalanced(text: str, opening: str, closing: str) -> bool:
    return text.count(opening) != text.count(closing)


def unquoted(command: str) -> str:
    """Return a command in the text without an apostrophe or quote that stands alone."""
    return command if command.count("'") % 2 == command.count('"') % 2 == 0 else ""
