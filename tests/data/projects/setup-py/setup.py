from setuptools import setup

VERSION = "3.4.0"

setup(
    name="sample-kit",
    version=VERSION,
    description="A sample.",
    packages=["sample_kit"],
    python_requires=">=3.9",
    install_requires=["attrs>=22"],
    extras_require={"more": ["packaging"]},
)
