#!/bin/sh
# The merge rules: worked examples, random histories against the oracle, texts made to cost. See tests/merge.
replay=$ROOT/build/merge/replay merge=$ROOT/tests/merge
python3 "$merge/histories.py" "$replay" --count 3000 >small 2>small.err & small=$!
python3 "$merge/histories.py" "$replay" --count 150 --big >big 2>big.err; status=$?
python3 "$merge/golden.py" "$replay" "$merge"/golden/*.txt || status=1
python3 "$merge/robust.py" "$replay" || status=1
wait $small || status=1
cat small big
[ $status -eq 0 ] || cat small.err big.err
exit $status
