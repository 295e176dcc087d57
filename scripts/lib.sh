# shellcheck shell=bash
# What every script here shares: places, messages, progress, locks. Sourced.

# Callers may be started from anywhere; all paths hang off these two.
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/private-nodes
export repo cache

say() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die WHAT [REMEDY]
die() {
	printf '%s: error: %s\n' "${0##*/}" "$1" >&2
	[[ -z ${2:-} ]] || printf '  %s\n' "$2" >&2
	exit 1
}

# need PROGRAM [TARGET]: TARGET as of install-deps
need() {
	command -v "$1" >/dev/null ||
		die "'$1' is not installed" "run: scripts/install-deps${2:+ $2}"
}

# logged LOG WHAT COMMAND...: the end of its output only if it fails, which WHAT says
logged() {
	"${@:3}" >>"$1" 2>&1 || {
		tail -n 25 "$1" >&2
		die "$2" "the lines above say why; all of it: $1"
	}
}

# make and the kernel command line both split at blanks
check_paths() {
	[[ $cache$repo != *[[:space:]]* ]] ||
		die "the kernel cannot be built below a path with blanks ($cache, $repo)" \
			"set XDG_CACHE_HOME, or move the checkout"
	mkdir -p "$cache"
}

# need_room GB: of disk, before anything long begins
need_room() {
	local gb
	gb=$(($(df -BM --output=avail "$cache" | tail -n 1 | tr -dc 0-9) / 1024))
	((gb >= $1)) ||
		die "$cache has room for $gb GB, and this takes $1" "make room, or set XDG_CACHE_HOME"
}

# need_memory GB
need_memory() {
	local gb
	gb=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
	((gb >= $1)) || die "this machine has $gb GB of free memory, and this takes $1" "${2:-end what uses it}"
}

# keep_newest N PATH...: of our own results; what does not exist is passed over
keep_newest() {
	local path
	# shellcheck disable=SC2012 # our own names
	{ ls -dt "${@:2}" 2>/dev/null || true; } | tail -n +$(($1 + 1)) |
		while IFS= read -r path; do rm -rf "$path"; done
}

# lock FD FILE WHAT: take a lock for the life of this process
lock() {
	mkdir -p "$(dirname "$2")"
	eval "exec $1>\"\$2\""
	flock -n "$1" && return
	say "waiting for another $3 to finish"
	flock "$1"
}

# kernel_make TREE OBJECTS [VARIABLE=VALUE...]: sets make_command, for a kernel that the
# compiler's cache serves, and that is the same whoever builds it, and when. What changes
# a kernel changes "recipe" in kernel-build, too.
kernel_make() {
	# shellcheck disable=SC2034 # for the caller
	make_command=(nice make -C "$1" O="$2" -j"$(nproc)" CC="ccache gcc" HOSTCC="ccache gcc"
		KBUILD_BUILD_TIMESTAMP=2024-11-17 KBUILD_BUILD_VERSION=1
		KBUILD_BUILD_USER=private KBUILD_BUILD_HOST=nodes "${@:3}")
}

# progress TEXT: one line that is rewritten on a terminal; a log gets a line
# every half minute, so that it stays short and CI still sees life.
progress_last=-30
progress() {
	if [[ -t 2 ]]; then
		printf '\r\033[K%s' "${1:0:${COLUMNS:-80}}" >&2
	elif ((SECONDS - progress_last >= 30)); then
		printf '%s\n' "$1" >&2
		progress_last=$SECONDS
	fi
}
progress_end() { [[ ! -t 2 ]] || printf '\r\033[K' >&2; }

# hash12: short name for what comes on stdin
hash12() { sha256sum | cut -c1-12; }

# The repository's own files, without editor leftovers; a tarball has no git.
repo_files() {
	if git -C "$repo" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$repo" && git ls-files -co --exclude-standard -- "$@" |
			while IFS= read -r f; do [[ ! -f $f ]] || printf '%s\n' "$f"; done)
	else
		(cd "$repo" && { find "$@" -type f 2>/dev/null || true; })
	fi | sed -E '/(~|\.(orig|rej|swp))$/d' | LC_ALL=C sort -u
}

# New files of ours that stand in the kernel tree
kernel_files() {
	repo_files include mm drivers fs lib kernel arch Documentation tools/testing
}

# series_in FOLDER: the series there, without comments
series_in() {
	local file=$repo/$1/series
	[[ ! -f $file ]] ||
		sed -e 's/[[:space:]]*#.*//' -e 's/[[:space:]].*//' -e '/^$/d' "$file"
}

series() { series_in patches; }

# "# made for linux-source-6.12 6.12.117" in the series names the version that
# must take every patch without fuzz
made_for() {
	[[ ! -f $repo/patches/series ]] ||
		sed -n 's/^# made for linux-source-6\.12 \([0-9.]*\).*/\1/p;T;q' "$repo/patches/series"
}

# Each checkout has a kernel tree of its own
repo_key() { printf '%s-%s' "${repo##*/}" "$(printf '%s' "$repo" | hash12)"; }
