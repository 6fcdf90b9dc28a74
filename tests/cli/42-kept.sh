#!/bin/sh
# colep site: what one build keeps for the next changes no byte.
python3 "$ROOT/tests/cli/kept.py" "$COLEP" "${KEPT_ROUNDS:-40}" "${KEPT_SEED:-1}"
