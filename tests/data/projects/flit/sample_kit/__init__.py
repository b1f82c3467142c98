"""A sample for flit.

More.
"""

__version__ = "4.1.0"
