#!/bin/sh
# Re-creates internal/web/static/vendor from exact npm packages and checks every
# file against SHA256SUMS.
#
#   tools/vendor-web.sh            fetch, compare with the recorded sums, install
#   tools/vendor-web.sh --record   fetch and record new sums (after changing a
#                                  version here or a name in icons.txt)
#
# Needs npm, tar and sha256sum; nothing of it is needed to build the program.
set -eu

TABLER=1.6.1
HTMX=4.0.1
ICONS=3.51.0
ECHARTS=6.1.0

here=$(cd "$(dirname "$0")" && pwd)
vendor=$here/../internal/web/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
new=$work/vendor
mkdir -p "$new"

# unpack NAME VERSION: the package's files end up in $work/NAME
unpack() {
	(cd "$work" && npm pack --silent "$1@$2" 2>/dev/null >name)
	mkdir -p "$work/$1"
	tar -xzf "$work/$(tail -n 1 "$work/name")" -C "$work/$1" --strip-components=1
}

unpack @tabler/core "$TABLER"
unpack htmx.org "$HTMX"
unpack @tabler/icons "$ICONS"
unpack echarts "$ECHARTS"

# The source map is not shipped, so the reference to it goes as well.
sed 's|/\*# sourceMappingURL=[^*]*\*/||' "$work/@tabler/core/dist/css/tabler.min.css" >"$new/tabler.min.css"
sed 's|//# sourceMappingURL=.*$||' "$work/htmx.org/dist/htmx.min.js" >"$new/htmx.min.js"
# Bars, lines and their axes; it is loaded by pages with charts alone.
cp "$work/echarts/dist/echarts.common.min.js" "$new/echarts.min.js"
cp "$work/htmx.org/LICENSE" "$new/LICENSE.htmx"
cp "$work/echarts/LICENSE" "$new/LICENSE.echarts"
cp "$work/echarts/NOTICE" "$new/NOTICE.echarts"
cp "$work/echarts/licenses/LICENSE-d3" "$new/LICENSE.echarts-d3"
cp "$work/@tabler/icons/LICENSE" "$new/LICENSE.tabler-icons"

# @tabler/core names its licence and holders in the style sheet but ships no
# licence file: the same MIT text as the icons', under the holders it names.
{
	echo "MIT License"
	echo
	sed -n 's/^ \* \(Copyright .*\)$/\1/p' "$new/tabler.min.css"
	sed -n '/^Permission is/,$p' "$new/LICENSE.tabler-icons" | sed '1i\
'
} >"$new/LICENSE.tabler"
grep -q '"license": "MIT"' "$work/@tabler/core/package.json" || {
	echo "vendor-web: @tabler/core is no longer under MIT" >&2
	exit 1
}

# One symbol per icon; stroke and size come from our style sheet.
{
	printf '<svg xmlns="http://www.w3.org/2000/svg">\n'
	grep -v -e '^#' -e '^$' "$here/icons.txt" | while read -r name; do
		file=$work/@tabler/icons/icons/outline/$name.svg
		[ -f "$file" ] || {
			echo "vendor-web: no icon named $name" >&2
			exit 1
		}
		printf '<symbol id="%s" viewBox="0 0 24 24">' "$name"
		grep -v 'd="M0 0h24v24H0z"' "$file" | sed -n '/^>/,$p' | sed '1s/^>//' |
			sed 's|</svg>||' | tr -d '\n' | sed 's/  *</</g; s| />|/>|g'
		printf '</symbol>\n'
	done
	printf '</svg>\n'
} >"$new/icons.svg"

cat >"$new/VERSIONS" <<END
@tabler/core $TABLER MIT
@tabler/icons $ICONS MIT
htmx.org $HTMX 0BSD
echarts $ECHARTS Apache-2.0
END

cd "$new"
sums=$work/SHA256SUMS
find . -type f | LC_ALL=C sort | sed 's|^\./||' | xargs sha256sum >"$sums"

if [ "${1:-}" != --record ]; then
	if ! cmp -s "$sums" "$vendor/SHA256SUMS"; then
		echo "vendor-web: the files differ from the recorded sums; nothing was changed" >&2
		diff "$vendor/SHA256SUMS" "$sums" >&2 || true
		exit 1
	fi
fi
cp "$sums" "$new/SHA256SUMS"
rm -rf "$vendor"
mv "$new" "$vendor"
echo "vendor-web: $(wc -l <"$sums") files in internal/web/static/vendor"
