#!/usr/bin/env bash
set -euo pipefail
rm -rf dist
python -m build
aws codeartifact login --tool twine --domain brackwater --domain-owner 111122223333 --repository internal
twine upload dist/*
