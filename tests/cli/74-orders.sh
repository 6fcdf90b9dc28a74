#!/bin/sh
# Random revocations, roles, recoveries and edits by several nodes that meet now and then: whoever learns all of it, in
# whatever order and grouping, has the same main, and the whole history holds. COLEP_SEEDS: which, "1 2 3" by default.
. "$ROOT/tests/cli/lib.sh"
c() { d=$1; shift; "$COLEP" -C "$d" "$@"; }
rnd() { state=$(((state * 1103515245 + 12345) % 2147483648)); r=$((state / 65536 % $1)); }
pick() { rnd $#; shift $r; p=$1; }

c . init base-a --id bps --import "$ROOT/content" >log 2>&1; root=$(c base-a status | cut -f10)
nodes="bps bps-two mk pk bg"
mv base-a bps
for i in bps-two mk pk bg new; do line=$("$COLEP" join bps $i --id $i --root "$root" 2>>log) && { [ $i = new ] && echo "$line" >new.line || c bps roster add $line >>log 2>&1; }; done
c bps roster role bps-two secretariat >>log 2>&1; c bps roster role mk chair >>log 2>&1; c bps roster role pk chair >>log 2>&1
for i in bps-two mk pk bg new; do c $i sync >>log 2>&1; git -C $i remote remove origin; done
mkdir base && mv $nodes new base/ && cp -r keys keys.base

for seed in ${COLEP_SEEDS:-1 2 3}; do
	state=$seed; rnd 7; rnd 7
	rm -rf run keys; cp -r base run; cp -r keys.base keys; cd run || exit 1
	# Folders are those the keys know, so that no row begins anew.
	round=0
	while [ $round -lt 14 ]; do
		round=$((round + 1)); pick $nodes; who=$p
		rnd 10
		case $r in
		0|1) pick $nodes; c $who roster revoke $p ;;
		2) pick $nodes; x=$p; pick contributor chair secretariat focal-point; c $who roster role $x $p ;;
		3|4) pick mk pk; c $p roster add $(cat ../new.line) --role secretariat ;;
		5) c $who roster rotate ;;
		6|7) o=${who%-two}; [ $o = bps ] && o=bg; for f in $who/country-profiles/$o/*.md; do echo "Round $round by $who." >>$f; sed -i "s/^title: .*/title: Round $round by $who/" $f; done; c $who save ;;
		*) pick $nodes; [ $p = $who ] || c $who sync "$PWD/$p" ;;
		esac >>../log 2>&1 </dev/null
	done
	cd .. && rm -rf x y z; for x in x y z; do cp -r base/new $x; git -C $x config --unset colep.id; done
	deliver() { # READER NODE...: one after the other
		to=$1; shift
		for i; do c $to sync "$PWD/run/$i" >>log 2>&1; done; c $to sync "$PWD/run/$i" >>log 2>&1
	}
	deliver x bps bps-two mk pk bg; deliver y bg pk mk bps-two bps
	for i in mk bg bps pk bps-two; do git -C run/$i push -q ../../z "main:refs/colep/from/$i" >>log 2>&1; done; c z sync x >>log 2>&1; c z sync >>log 2>&1
	git -C z log --format='%h %p %cn %s' main >>log 2>&1; c x roster >>log
	[ "$(main x)" = "$(main y)" ] && [ "$(main x)" = "$(main z)" ]; told $? "seed $seed: three orders, one main"
	c x verify >>log 2>&1; told $? "seed $seed: the whole history holds"
	c x roster | grep -q 'secretariat	active'; told $? "seed $seed: a Secretariat is left"
	for i in $nodes; do c run/$i sync "$PWD/x" >>log 2>&1; c run/$i sync "$PWD/x" >>log 2>&1; [ "$(main run/$i)" = "$(main x)" ] || echo "$i differs" >>log; done
	! grep -q differs log; told $? "seed $seed: all that wrote it agree"
done
done_testing
