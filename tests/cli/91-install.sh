#!/bin/sh
# make install, make uninstall and make deb: what is copied, where, and that it runs from there.
unset MAKEFLAGS MFLAGS MAKELEVEL
n=0 failed=0
check() { # NAME COMMAND...
	name=$1; shift
	n=$((n + 1))
	if "$@" >log 2>&1; then echo "ok $n - $name"
	else echo "not ok $n - $name: exit $?"; sed 's/^/# /' log; failed=1; fi
}
in_root() { make -s -C "$ROOT" "$@"; }
says() { # WANTED COMMAND...
	want=$1; shift
	got=$("$@" 2>&1); echo "$got"
	case $got in *"$want"*) ;; *) return 1 ;; esac
}
copied() { # BELOW: the program runs and takes in the content that came with it
	"$1/bin/colep" init node --id bps --import "$1/share/colep/content" &&
	says ll-bg-2022-hawala "$1/bin/colep" -C node search hawala && rm -rf node
}
mode() { [ "$(stat -c %a "$2")" = "$1" ]; }

check "installs below DESTDIR and PREFIX" in_root install DESTDIR="$PWD/to" PREFIX=/opt/colep
check "the installed program runs" copied to/opt/colep
check "the program is for everybody" mode 755 to/opt/colep/bin/colep
check "the man pages are text" mode 644 to/opt/colep/share/man/man1/colep.1
check "man can read it" says "knowledge base" mandoc -T utf8 to/opt/colep/share/man/man1/colep.1
check "uninstalls" in_root uninstall DESTDIR="$PWD/to" PREFIX=/opt/colep
check "and leaves nothing" [ -z "$(find to -type f)" ]

: >stamp
check "builds a package" in_root deb
deb=$(find "$ROOT/build" -maxdepth 1 -name 'colep_*.deb' -newer stamp)
check "there is one" [ -f "$deb" ]
check "it unpacks" dpkg-deb -x "$deb" pkg
check "it runs" copied pkg/usr
check "it names what it needs" says "libgit2-1.5" dpkg-deb -f "$deb" Depends
check "and what it is linked with" says "liblmdb0" dpkg-deb -f "$deb" Depends
dpkg-deb -e "$deb" control
check "its md5sums are right" sh -c 'cd pkg && md5sum --quiet -c ../control/md5sums'
check "they name every file" [ "$(wc -l <control/md5sums)" -eq "$(find pkg -type f | wc -l)" ]
check "the man pages are compressed" gzip -t pkg/usr/share/man/man1/colep.1.gz pkg/usr/share/man/man5/colep.5.gz
check "nothing but root's" sh -c "! dpkg-deb -c '$deb' | grep -v ' root/root '"
cp "$deb" first.deb
check "builds again" in_root deb
check "to the same bytes" cmp first.deb "$deb"
echo "1..$n"
exit $failed
