#!/bin/sh
# A short run of tests/merge/nodes.py; `make nodes` makes long ones.
exec python3 "$ROOT/tests/merge/nodes.py" "$COLEP" --nodes 6 --steps 40 --seed "${COLEP_SEED:-1}" --dir "$PWD/many"
