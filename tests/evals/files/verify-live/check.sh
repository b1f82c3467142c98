#!/usr/bin/env bash
# The last step of our release workflow.
set -euo pipefail
sleep 30
curl -s https://pypi.org/pypi/tidewrack/json |
  python3 -c "import json, sys; assert '1.4.0' in json.load(sys.stdin)['releases']"
echo live
