#!/bin/sh
# The power goes, or the disk is full, at the N-th call that changes it, of the program or of git below it (fault.c): the
# same command given again ends where it would have ended, nothing unsaved is lost, and nothing is left lying about. N goes
# in steps of $FAULT_STEP (47; `make faults`: 1), each time beginning elsewhere.
. "$ROOT/tests/cli/lib.sh"
lesson=lessons/bg/ll-bg-2022-hawala.md profile=country-profiles/bg/cp-bg.md
FAULT_FILE=$here/calls; export FAULT_FILE
step=${FAULT_STEP:-47}

put src ll-bg-2022-hawala; put src cp-bg; put src cp-mk; put src ll-bg-2022-vans
colep init a --id bps --import src >.log 2>&1 || cat .log
colep join a b --id bg --root "$(git -C a rev-list --max-parents=0 main)" >line 2>.log
colep -C a roster add $(cat line) >.log 2>&1; colep -C b sync >.log 2>&1
sed -i 's/^title: .*/title: As a has it/' a/$lesson; echo 'From a.' >>a/$profile; colep -C a save >.log 2>&1
sed -i 's/^title: .*/title: As b has it/' b/$lesson; echo 'From b.' >>b/lessons/bg/ll-bg-2022-vans.md; colep -C b save >.log 2>&1
echo 'Unsaved here.' >>b/$lesson; echo 'Unsaved there.' >>b/$profile
put b ll-bg-2023-new; colep -C b search van >.log 2>&1
keep() { rm -rf kept; mkdir kept; cp -a a b keys kept/; }
again() { rm -rf a b keys; cp -a kept/a kept/b kept/keys .; }
faulty() { # HOW N COMMAND...: sets status, out, err
	local how=$1 n=$2; shift 2
	rm -f calls; truncate -s 24 calls
	run timeout 60 env LD_PRELOAD="$ROOT/build/fault.so" FAULT_AT=$n FAULT_HOW=$how "$COLEP" "$@"	# env becomes the program: the pid is its
}
whole() { LD_PRELOAD=$ROOT/build/fault.so FAULT_AT=0 "$COLEP" "$@"; }	# without a fault
# left: but the lock that stays, and what git leaves where it was pushed to (mend.c: removed when it is old)
left() { find a b keys -path '*/.git/colep/index.lock' -o -path 'a/.git/objects/tmp_*' -o -path 'a/.git/refs/colep/from/*' -o \( -name '*.lock' -o -name 'tmp_*' -o -name '*.tmp-*' -o -name 'quarantine*' -o -name 'incoming-*' -o -name '_git2_*' -o -name moving -o -name carried -o -name '*.unfinished' \) -print | sort | tr '\n' ' '; }
work() { (cd b && find . -path ./.git -prune -o -type f -print | sort | xargs sha1sum; git -C ../a rev-parse main); }
# faults NAME COMMAND...
faults() {
	local name=$1 total want files how at bad first=0; shift
	keep; faulty kill 0 "$@"
	is "$name: without a fault" "$status" 0
	total=$(od -An -tu8 -N8 calls | tr -d ' ')
	whole "$@" >.log 2>&1; whole "$@" >.log 2>&1
	want="$(main a) $(main b)" files=$(work); echo "$files" >.files
	for how in kill half full; do
		bad= at=$((1 + first)); first=$((first + step / 3))
		while [ $at -le "$total" ]; do
			again; faulty $how $at "$@"
			case $how$status in kill137 | half137 | *0 | *1) ;; full3) [ -n "$out$err" ] || bad="$bad
$at: ended without a word" ;; *) bad="$bad
$at: status $status: $err" ;; esac
			grep -q 'Unsaved here.' b/$lesson && grep -q 'Unsaved there.' b/$profile && [ -s b/lessons/bg/ll-bg-2023-new.md ] || [ "$name" != sync ] || bad="$bad
$at: unsaved work is gone before it is mended"
			whole "$@" >.log 2>&1 || [ "$name" = resolve ] || bad="$bad
$at: given again: $? $(cat .log)"
			whole "$@" >.log 2>&1
			[ "$(main a) $(main b)" = "$want" ] || bad="$bad
$at: main is $(main a) $(main b) and not $want"
			[ "$(work)" = "$files" ] || bad="$bad
$at: files differ: $(work | diff - "$here/.files" | head -n 3)"
			[ -z "$(left)" ] || bad="$bad
$at: left: $(left)"
			x=$(git -C b fsck --strict 2>&1; git -C a fsck --strict 2>&1); case $x in *error* | *missing* | *broken* | *corrupt*) bad="$bad
$at: fsck: $x" ;; esac
			[ "$("$COLEP" -C b list 2>&1 | wc -l)" = 5 ] || [ "$name" != save ] || bad="$bad
$at: the index"
			at=$((at + step))
		done
		is "$name: $how, at $total places in steps of $step" "$bad" ""
	done
	again
}
faults sync -C b sync

# Killed between main and the folder after it; and before the next sync, others went on with the same files.
keep; faulty kill 0 -C b sync; new=$(main b) at=$(od -An -tu8 -N8 calls | tr -d ' ') met=0 bad=
while again; faulty kill $at -C b sync; [ "$(main b)" = "$new" ]; do
	at=$((at - 1)); [ "$(git -C b rev-parse refs/colep/main)" != "$new" ] || continue
	met=$((met + 1)); sed -i 's/^title: .*/title: As a has it now/; s/^From a\.$/From a, again./' a/$profile; colep -C a save >.log 2>&1
	whole -C b sync >.log 2>&1
	[ "$(grep -c '^title: As a has it now$\|^From a, again\.$\|^Unsaved there\.$\|^title@\|^From a\.$\|conflict' b/$profile)" = 3 ] || bad="$bad
$at: $(git -C b diff main -- $profile | grep '^[-+]')"
done
again
is "what a killed sync brought is no work of this node's, when more comes ($met places)" "$bad" ""
ok "such places are met" test $met -gt 0
colep -C b sync >.log 2>&1
faults save -C b save -m 'What was unsaved'
colep -C b save >.log 2>&1; colep -C b sync >.log 2>&1
faults resolve -C b resolve ll-bg-2022-hawala 1 --take bps
faults roster -C a roster role bg contributor
done_testing
