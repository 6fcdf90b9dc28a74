#!/bin/sh
# The Nu Html Checker, which knows more of HTML than pages.mjs asks, has nothing to say about any page of a whole copy.
. "$ROOT/tests/browser/lib.sh"
# Of "file:" it holds that no 'self' of a policy matches; browsers say otherwise (disk.mjs).
nu() {
	java -jar "$ROOT/tests/browser/node_modules/vnu-jar/build/dist/vnu.jar" --skip-non-html --format gnu \
		--filterpattern '.*Content Security Policy.*' "$@" >said 2>&1
}
silent() { nu "$@" && [ ! -s said ] || { cat said; return 1; }; }
community n
site n en --audience community
site n pack --audience community --meeting mt-bps-2022-colep-2
ok "not one error or warning in $(find en pack -name '*.html' | wc -l) pages" silent en pack
sed -i 's/<main /<main tabindex="x" /' pack/index.html
no "which it would say of one" silent pack
done_testing
