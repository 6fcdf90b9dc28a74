#!/bin/sh
# Three nodes in three folders, each pair connected in another way: a and b over a path, b and c over ssh, c and a by
# what lies on the web (c fetches from a's `serve --lan`) and on a stick (a reads a bundle of c's). By commands alone
# they end up with one main, and then no commit is created any more.
. "$ROOT/tests/cli/lib.sh"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy GIT_SSL_CAINFO
cat >ssh.sh <<'EOF'
#!/bin/sh
# ssh [-o OPTION...] HOST COMMAND, without a network
while [ "${1#-}" != "$1" ]; do [ "$1" = -o ] && shift; shift; done
[ "$1" = desk.example.org ] || exit 255
shift; exec sh -c "$*"
EOF
chmod +x ssh.sh; export GIT_SSH_COMMAND="$here/ssh.sh"
doc=lessons/bg/ll-bg-2022-hawala.md cp=country-profiles/bg/cp-bg.md

"$COLEP" init a --id bps --import "$ROOT/content" >/dev/null 2>&1
root=$("$COLEP" -C a status | cut -f10)
line=$("$COLEP" join a b --id bg --root "$root" 2>/dev/null); ok "b joins over a path" test -n "$line"
"$COLEP" -C a roster add $line >/dev/null 2>&1; "$COLEP" -C b sync >/dev/null 2>&1
line=$("$COLEP" join "ssh://desk.example.org$here/b" c --id bg-two --root "$root" 2>.err); ok "c joins over ssh, from b" test -n "$line"
"$COLEP" -C a roster add $line >/dev/null 2>&1

"$COLEP" -C a serve --lan --port 0 >shown 2>/dev/null &
pid=$!
await grep -q '^fingerprint' shown
web=$(head -n 1 shown)$(sed -n "s/^code$TAB//p" shown)
ok "c knows a's certificate by its words" "$COLEP" -C c peer add a "$web" --pin "$(sed -n "s/^words$TAB//p" shown)"
meet() { # each pair once; the log tells what was said
	"$COLEP" -C b sync "$here/a"; "$COLEP" -C c sync "ssh://desk.example.org$here/b"; "$COLEP" -C c sync a
	"$COLEP" -C c bundle "$here/stick.bundle" && "$COLEP" -C a sync "$here/stick.bundle"; rm -f "$here/stick.bundle"
} >>log 2>&1
together() { # how many rounds until all are alike
	rounds=0
	while [ $rounds -lt 4 ]; do
		meet; rounds=$((rounds + 1))
		[ "$(main a)" = "$(main b)" ] && [ "$(main a)" = "$(main c)" ] && return 0
	done
	return 1
}
together; ok "they know of each other" test "$(main a)" = "$(main c)"

# all write the same documents, without having met
for x in a b c; do
	sed -i "s/^title: .*/title: As $x has it/; s/underlined the Hawala/$x said of the Hawala/" $x/$doc
	echo "A line by $x." >>$x/$cp; [ $x = a ] || echo "Another by $x." >>$x/$doc
	"$COLEP" -C $x save -m "By $x" >>log 2>&1
done
put b ll-bg-2023-new; put c ll-bg-2023-new title=Otherwise; for x in b c; do "$COLEP" -C $x save >>log 2>&1; done
"$COLEP" -C c delete -m "Not needed" ll-bg-2022-hawala >>log 2>&1
echo "Not saved yet." >>b/$cp
together; ok "they converge" test "$(main a)" = "$(main b)" -a "$(main a)" = "$(main c)"
is "nothing that was typed and not saved is lost" "$(tail -n 1 b/$cp)" "Not saved yet."
for x in a b c; do has "what $x wrote stands" "$(cat a/$doc a/$cp)" "A line by $x."; done
is "the same conflicts for all" "$("$COLEP" -C a conflicts | cut -f1-4)" "$("$COLEP" -C c conflicts | cut -f1-4)"
no "there are some" "$COLEP" -C b conflicts
"$COLEP" -C b save >>log 2>&1
"$COLEP" -C c conflicts | while IFS="$TAB" read -r id n rest; do "$COLEP" -C c resolve "$id" 1 --take bg || "$COLEP" -C c resolve "$id" 1 --take bg-two; done >>log 2>&1
together; ok "c settles them: settled for all" test "$(main a)" = "$(main b)" -a "$(main a)" = "$(main c)"
ok "none is open" "$COLEP" -C a conflicts

before=$(for x in a b c; do git -C $x cat-file --batch-all-objects --batch-check='%(objecttype)' | grep -c commit; main $x; done)
meet; meet
is "no commit is created any more" "$(for x in a b c; do git -C $x cat-file --batch-all-objects --batch-check='%(objecttype)' | grep -c commit; main $x; done)" "$before"
for x in a b c; do
	is "git fsck --strict is content with $x" "$(git -C $x fsck --strict --no-dangling 2>&1)" ""
	ok "colep verify is content with $x" "$COLEP" -C $x verify
	is "nothing was refused by $x, nothing is unsaved" "$("$COLEP" -C $x status | cut -f6,8)" "0${TAB}0"
done
is "git verify-commit is content with each authored commit" "$(cd c && git rev-list --max-parents=1 main | while read -r c; do git verify-commit "$c" 2>/dev/null || echo "$c"; done)" ""
kill -TERM $pid; wait $pid
done_testing
