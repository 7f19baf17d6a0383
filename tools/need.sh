#!/bin/sh
# Installs what the tests need and the machine lacks: a C compiler for the race
# detector, PostgreSQL's server, Chromium, strace and a reader of PDFs, from the
# system's own packages.
set -eu

missing=""
command -v gcc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
	missing="$missing postgresql"
fi
if ! command -v chromium >/dev/null 2>&1 && ! command -v chromium-browser >/dev/null 2>&1 && ! command -v google-chrome >/dev/null 2>&1; then
	missing="$missing chromium"
fi
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v soffice >/dev/null 2>&1 || missing="$missing libreoffice-calc-nogui"
fc-list 2>/dev/null | grep -qi 'cjk\|wqy\|noto sans sc' || missing="$missing fonts-noto-cjk fontconfig"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "The tests need:$missing. Install them with your system's packages and run this again." >&2
	exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "The tests need:$missing. Install them as root." >&2; exit 1; }
	as_root=sudo
fi
echo "installing:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
