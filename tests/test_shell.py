"""The commands of a `run:` text: their words, their lines, and the programs behind them."""

import time

import pytest

from pypi_publish.workflow.shell import commands, layers, options_and_rest, program


def spoken(text: str) -> list[str]:
    """Return the commands of a text, their words divided by bars."""
    return ["|".join(command.words) for command in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("pip install build", ["pip|install|build"], id="words"),
        pytest.param("  a   b\t c ", ["a|b|c"], id="white-space"),
        pytest.param("a && b || c; d | e & f", ["a", "b", "c", "d", "e", "f"], id="operators"),
        pytest.param("a&&b;c", ["a", "b", "c"], id="operators-without-spaces"),
        pytest.param("a\nb\r\nc", ["a", "b", "c"], id="lines"),
        pytest.param("", [], id="nothing"),
        pytest.param("\n\n \n", [], id="empty-lines"),
        # quotes
        pytest.param("a 'b c' \"d e\"", ["a|b c|d e"], id="quotes"),
        pytest.param("a 'b'\"c\"d", ["a|bcd"], id="quotes-within-a-word"),
        pytest.param("a '' \"\"", ["a||"], id="empty-quotes"),
        pytest.param("a 'b && c' \"d; e # f\"", ["a|b && c|d; e # f"], id="signs-in-quotes"),
        pytest.param("a \"it's\" b", ["a|it's|b"], id="a-quote-in-other-quotes"),
        pytest.param('a "b \\" c" d', ['a|b \\" c|d'], id="an-escaped-quote"),
        pytest.param("a b\\ c", ["a|b c"], id="an-escaped-space"),
        pytest.param("a 'b\nc' d", ["a|b\nc|d"], id="quotes-over-lines"),
        pytest.param("a 'b", ["a|b"], id="a-quote-that-stays-open"),
        pytest.param("echo 'pip install x'", ["echo|pip install x"], id="a-command-in-quotes"),
        # comments
        pytest.param("a # b\nc", ["a", "c"], id="a-comment"),
        pytest.param("# a\nb", ["b"], id="a-line-of-comment"),
        pytest.param("a;# b", ["a"], id="a-comment-behind-a-semicolon"),
        pytest.param("a#b c#", ["a#b|c#"], id="a-hash-within-a-word"),
        pytest.param("a '# b'", ["a|# b"], id="a-hash-in-quotes"),
        pytest.param("# don't\na", ["a"], id="a-quote-in-a-comment"),
        # continued lines
        pytest.param("a \\\n  b \\\n  c", ["a|b|c"], id="continued"),
        pytest.param("a \\\r\n b", ["a|b"], id="continued-with-crlf"),
        pytest.param("a `\n b", ["a|b"], id="continued-in-powershell"),
        pytest.param("a ^\n b", ["a|b"], id="continued-in-cmd"),
        pytest.param("a &&\n b", ["a", "b"], id="continued-by-an-operator"),
        # what stands before a command
        pytest.param("A=1 B='x y' c d", ["c|d"], id="assignments"),
        pytest.param("A=1", [], id="an-assignment-alone"),
        pytest.param("a B=1", ["a|B=1"], id="an-assignment-as-an-argument"),
        pytest.param("sudo -H pip x", ["pip|x"], id="sudo"),
        pytest.param("sudo -u root pip x", ["pip|x"], id="sudo-as-somebody"),
        pytest.param("env -i A=1 pip x", ["pip|x"], id="env"),
        pytest.param("time -p exec nohup pip x", ["pip|x"], id="several"),
        pytest.param("call pip x", ["pip|x"], id="call-of-cmd"),
        pytest.param("ls | xargs -n 1 twine upload", ["ls", "twine|upload"], id="xargs"),
        pytest.param("if ! a b; then c; else d; fi", ["a|b", "c", "d", "fi"], id="if"),
        pytest.param("while a; do b; done", ["a", "b", "done"], id="while"),
        # groups
        pytest.param("(a b)", ["a|b"], id="a-subshell"),
        pytest.param("{ a b; }", ["a|b"], id="a-group"),
        pytest.param("f() { a b; }", ["f", "a|b"], id="a-function"),
        pytest.param("x=$(a b) c", ["a|b", "c"], id="a-substitution"),
        pytest.param("`a b`", ["a|b"], id="a-substitution-in-backticks"),
        pytest.param("if ($x) {a b}", ["$x", "a|b"], id="a-block-of-powershell"),
        pytest.param("& a b", ["a|b"], id="a-call-of-powershell"),
        # braces and variables
        pytest.param("a ${B}/c", ["a|${B}/c"], id="a-variable-in-braces"),
        pytest.param("a dist/{b,c}.whl d", ["a|dist/{b,c}.whl|d"], id="braces-that-expand"),
        pytest.param("a $B %C% $env:D", ["a|$B|%C%|$env:D"], id="variables"),
        # redirections
        pytest.param("a b > c 2>&1", ["a|b"], id="redirections"),
        pytest.param("a b >>c 2> d", ["a|b"], id="redirections-without-spaces"),
        pytest.param("a < b c", ["a|c"], id="an-input"),
        pytest.param("a &> 'b c' d", ["a|d"], id="a-redirection-to-a-quoted-name"),
        pytest.param("a b2>c", ["a|b2"], id="a-digit-of-a-word"),
        pytest.param("a 'b>c'", ["a|b>c"], id="a-sign-in-quotes"),
        # here-documents
        pytest.param("a <<E\nb\nE\nc", ["a", "c"], id="a-here-document"),
        pytest.param("a <<-'E' | b\n\tc\n\tE\nd", ["a", "b", "d"], id="indented-and-quoted"),
        pytest.param("a << \"E\" > f && b\nc\nE\n", ["a", "b"], id="more-on-its-line"),
        pytest.param("a <<< b\nc", ["a", "c"], id="a-here-string"),
        pytest.param("a $((1 << n))\nb", ["a", "1", "b"], id="a-shift"),
        pytest.param("a 'b << c'\nd", ["a|b << c", "d"], id="in-quotes"),
        pytest.param("a <<E\nb", ["a", "b"], id="one-that-never-ends"),
        # expressions
        pytest.param("a ${{ b || c }} d", ["a|$EXPRESSION|d"], id="an-expression"),
        pytest.param("a x${{ b }}y", ["a|x$EXPRESSIONy"], id="an-expression-within-a-word"),
        pytest.param("a ${{ '}' }} b", ["a|$EXPRESSION|b"], id="a-brace-in-an-expression"),
        pytest.param("a '${{ b }}'", ["a|$EXPRESSION"], id="an-expression-in-quotes"),
        pytest.param("a ${{ b\nc", ["a|$", "b", "c"], id="an-expression-that-stays-open"),
        # shells that run a text
        pytest.param("bash -c 'a b && c'", ["a|b", "c"], id="bash"),
        pytest.param('sh -euo pipefail -c "a b"', ["a|b"], id="sh-with-options"),
        pytest.param("pwsh -Command 'a; b'", ["a", "b"], id="powershell"),
        pytest.param("cmd /c 'a b'", ["a|b"], id="cmd"),
        pytest.param("bash a.sh", ["bash|a.sh"], id="a-script-is-none"),
        pytest.param("bash -c", ["bash|-c"], id="without-a-text"),
        # Windows
        pytest.param(r"venv\Scripts\pip.exe x", [r"venv\Scripts\pip.exe|x"], id="a-path"),
        pytest.param(r'"C:\a b\pip.exe" x', [r"C:\a b\pip.exe|x"], id="a-quoted-path"),
    ],
)  # fmt: skip
def test_a_text_is_its_commands(text: str, expected: list[str]) -> None:
    assert spoken(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\n\nb", [0, 2], id="empty-lines"),
        pytest.param("# x\na \\\n b\nc", [1, 3], id="continued"),
        pytest.param("a 'x\ny' b\nc", [0, 2], id="quotes-over-lines"),
        pytest.param("a <<E\nx\nE\nb", [0, 3], id="a-here-document"),
        pytest.param("a ${{ x ||\n y }}\nb", [0, 2], id="an-expression-over-lines"),
        pytest.param("a; b\r\nc", [0, 0, 1], id="crlf"),
        pytest.param("a &&\n  b", [0, 1], id="an-operator-at-the-end-of-a-line"),
        pytest.param("x\nbash -c 'a\nb'\nc", [0, 1, 1, 3], id="a-text-for-a-shell"),
    ],
)
def test_a_command_knows_the_line_on_which_it_begins(text: str, expected: list[int]) -> None:
    assert [command.line for command in commands(text)] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("pip install x", "pip install x", id="itself"),
        pytest.param("/usr/bin/twine upload", "twine upload", id="a-path"),
        pytest.param(r"venv\Scripts\Twine.EXE upload", "Twine upload", id="a-path-of-windows"),
        pytest.param("python -m twine upload", "twine upload", id="a-module"),
        pytest.param("python3.12 -I -X utf8 -m twine upload", "twine upload", id="options-before"),
        pytest.param("python -mtwine upload", "twine upload", id="a-module-without-its-space"),
        pytest.param("py -3 -m twine upload", "twine upload", id="the-launcher-of-windows"),
        pytest.param("$PYTHON -m twine upload", "twine upload", id="a-variable"),
        pytest.param("$EXPRESSION -m twine upload", "twine upload", id="an-expression"),
        pytest.param("python setup.py -m x", "python setup.py -m x", id="a-script"),
        pytest.param("python -c x", "python -c x", id="a-text"),
        pytest.param("uvx twine upload", "twine upload", id="uvx"),
        pytest.param("uvx --from x==1 -w y twine upload", "twine upload", id="uvx-options"),
        pytest.param("uvx twine@6.1 upload", "twine upload", id="uvx-at-a-version"),
        pytest.param("uv tool run twine upload", "twine upload", id="uv-tool-run"),
        pytest.param("uv run twine upload", "twine upload", id="uv-run"),
        pytest.param("uv -q --directory x run twine upload", "twine upload", id="uv-with-options"),
        pytest.param("uv run -m twine upload", "twine upload", id="uv-run-a-module"),
        pytest.param("uv run python -m twine upload", "twine upload", id="one-behind-another"),
        pytest.param("uv publish", "uv publish", id="uv-itself"),
        pytest.param("pipx run twine==6.1 upload", "twine upload", id="pipx"),
        pytest.param("python -m pipx run twine upload", "twine upload", id="pipx-as-a-module"),
        pytest.param("poetry run twine upload", "twine upload", id="poetry"),
        pytest.param("pdm run twine upload", "twine upload", id="pdm"),
        pytest.param("hatch run twine upload", "twine upload", id="hatch"),
        pytest.param("hatch run release:twine upload", "twine upload", id="a-hatch-environment"),
        pytest.param("uv run", "uv run", id="nothing-behind-it"),
        pytest.param("uvx", "uvx", id="alone"),
    ],
)  # fmt: skip
def test_the_program_that_is_run_in_the_end(words: str, expected: str) -> None:
    assert " ".join(program(tuple(words.split()))) == expected


def test_layers_are_what_runs_what() -> None:
    words = tuple("poetry run python -m pipx run --spec build==1 pyproject-build".split())
    assert [layer[0] for layer in layers(words)] == ["poetry", "python", "pipx", "pyproject-build"]


def test_runners_that_run_runners_come_to_an_end() -> None:
    assert len(list(layers(("uv", "run") * 100))) <= 5


def test_options_are_split_from_what_follows() -> None:
    options, rest = options_and_rest(("-q", "--from", "a", "--with=b", "c", "-d"))
    assert options == [("-q", None), ("--from", "a"), ("--with", "b")]
    assert rest == ("c", "-d")
    assert options_and_rest(("--", "-a")) == ([], ("-a",))
    assert options_and_rest(("-",)) == ([], ("-",))


@pytest.mark.parametrize(
    "piece",
    [
        "${{", "${{ ", "${", "{a,", "$(", "`\n", "<<a\n", "'", '"', "\\", "2>", ">", "<", "1", "a ",
        "# ", "x\n", "{", "(", "bash -c '", 'bash -c "', "a=", "sudo ", "-",
    ],
)  # fmt: skip
def test_an_endless_text_is_read_in_bounded_time(piece: str) -> None:
    begun = time.process_time()
    for _ in commands(piece * (50_000 // len(piece))):
        pass
    assert time.process_time() - begun < 2
