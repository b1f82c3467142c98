# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "httpx>=0.28,<1",
#   "packaging>=26.2,<27",
#   "pydantic>=2.12,<3",
#   "ruamel.yaml>=0.18.16,<0.20",
#   "ruamel.yaml.clib>=0.2.14,<0.3; platform_python_implementation == 'CPython' and python_version < '3.15' and (sys_platform != 'win32' or platform_machine != 'ARM64')",
#   "typer>=0.24,<1",
# ]
# ///
"""Is this release really live, complete and ours? See --help."""

import os
import sys

# The skill folder may be read-only or under the user's git: no __pycache__ in it.
sys.dont_write_bytecode = True
# With PYTHONSAFEPATH set, Python leaves out this folder, which holds the package.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120

from pypi_publish.start import verify_on_pypi  # noqa: E402

if __name__ == "__main__":
    sys.exit(verify_on_pypi(__file__))
