"""What a Python file says by itself: constants of its top level. Nothing is ever imported."""

import ast
import warnings
from dataclasses import dataclass
from typing import Any

LIMIT = 1 << 19  # compiling half a megabyte of Python takes about as long as the rest of a run


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal value and its line; `value` is None where only running the code would tell."""

    value: Any
    line: int
    computed: bool = False


def module(text: str) -> ast.Module | None:
    """Parse a file; None where it is no Python, or nested or large beyond reason."""
    if len(text) > LIMIT:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def constant(text: str, name: str) -> Constant | None:
    """Return the first assignment to a name at the top level of a module."""
    if name not in text:  # parsing is the costly part
        return None
    parsed = module(text)
    return next(iter(constants(parsed, name)), None) if parsed else None


def constants(parsed: ast.Module, name: str) -> list[Constant]:
    """Return every assignment to a name at the top level, in order."""
    return [
        _literal(statement.value, statement.lineno)
        for statement in parsed.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None
        for target in _targets(statement)
        if isinstance(target, ast.Name) and target.id == name
    ]


def imported_from(parsed: ast.Module, name: str) -> tuple[int, str, str] | None:
    """Return level, module and original name of the one import that binds a name, and nothing else.

    `from ._version import number as __version__` is (1, "_version", "number").
    """
    binding = [node for node in ast.walk(parsed) if name in _bound(node)]
    if len(binding) != 1 or not isinstance(statement := binding[0], ast.ImportFrom):
        return None
    if statement not in parsed.body:
        return None
    original = next(each.name for each in statement.names if (each.asname or each.name) == name)
    return statement.level, statement.module or "", original


def may_define(parsed: ast.Module, name: str) -> bool:
    """Tell whether running a module could give it the name, in whatever way."""
    ways = {name, "*", "__getattr__"}
    return any(_bound(node) & ways or _reaches(node) for node in ast.walk(parsed))


def _bound(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case ast.ImportFrom() | ast.Import():
            return {each.asname or each.name.partition(".")[0] for each in node.names}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    return set()


def _reaches(node: ast.AST) -> bool:
    """Code that can define names without naming them."""
    words = {"globals", "vars", "locals", "exec", "eval", "setattr", "__dict__", "modules"}
    return (isinstance(node, ast.Name) and node.id in words) or (
        isinstance(node, ast.Attribute) and node.attr in words
    )


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def _literal(value: ast.expr, line: int) -> Constant:
    try:
        return Constant(ast.literal_eval(value), line)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Constant(None, line, computed=True)


# What setuptools and distutils themselves know; every other keyword is a plugin's, as `pbr=True`.
_KEYWORDS = frozenset(
    "name version description long_description long_description_content_type author author_email"
    " maintainer maintainer_email url download_url project_urls license license_file license_files"
    " license_expression keywords platforms classifiers provides requires obsoletes packages"
    " py_modules package_dir package_data include_package_data exclude_package_data data_files"
    " scripts entry_points ext_modules ext_package libraries headers include_dirs cmdclass"
    " distclass script_name script_args options command_options zip_safe install_requires"
    " extras_require python_requires dependency_links namespace_packages test_suite tests_require"
    " test_loader eager_resources use_2to3 convert_2to3_doctests use_2to3_fixers"
    " use_2to3_exclude_fixers features extra_path provides_extras".split()
)


@dataclass(frozen=True, slots=True)
class SetupCall:
    """The arguments of a setup.py's `setup(...)` that are literal, and those that are not."""

    arguments: dict[str, Constant]
    complete: bool  # no `**options` may bring more

    @property
    def extended(self) -> bool:
        """A plugin takes part: it is fetched by the call, or has a keyword of its own there."""
        return "setup_requires" in self.arguments or not self.arguments.keys() <= _KEYWORDS


def setup_call(text: str) -> SetupCall | None:
    """Find the call of `setup` in a setup.py; names bound to one literal each are looked up."""
    parsed = module(text)
    if parsed is None:
        return None
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            arguments = {
                word.arg: _argument(word.value, parsed) for word in node.keywords if word.arg
            }
            return SetupCall(arguments, all(word.arg for word in node.keywords))
    return None


def _called(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _argument(value: ast.expr, parsed: ast.Module) -> Constant:
    if isinstance(value, ast.Name):
        bound = constants(parsed, value.id)
        if len(bound) == 1 and not bound[0].computed:
            return bound[0]
    return _literal(value, value.lineno)
