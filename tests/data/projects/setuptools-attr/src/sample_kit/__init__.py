"""Sample."""

import nothing_that_exists

__version__ = "3.1.0"
