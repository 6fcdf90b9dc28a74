#!/bin/sh
# The command line itself: usage, exit statuses, suggestions.
. "$ROOT/tests/cli/lib.sh"
check "version prints the version" 0 "colep 0." "$COLEP" version
check "help lists the commands" 0 "version" "$COLEP" help
check "help of a command gives its usage" 0 "usage: colep [-C DIR] version" "$COLEP" help version
check "no command is wrong usage" 2 "usage: colep" "$COLEP"
check "an unknown command is wrong usage and the nearest is offered" 2 "did you mean 'version'" "$COLEP" versoin
check "an unknown option is wrong usage and the nearest is offered" 2 "did you mean --json" "$COLEP" version --jsn
check "-C without a folder is wrong usage" 2 "needs a folder" "$COLEP" -C
check "a control character in an argument does not reach the terminal" 2 'a\x1b' "$COLEP" "$(printf 'a\033')"
check "nor one in an option" 2 'b\x1b' "$COLEP" version "$(printf -- '--b\033')"
check "a full disk under standard output is a failure" 3 "standard output" sh -c "'$COLEP' version >/dev/full"
check "a reader that has had enough is told nothing" 0 "quiet" sh -c "said=\$({ (sleep 0.2; '$COLEP' help) | :; } 2>&1); [ -z \"\$said\" ] && echo quiet"
done_testing
