# What the shell scripts share: progress lines, one clear line on failure, and
# the compiler cache's settings. Source it from the repository's root.

started=$SECONDS
script_name=$(basename "$0")
log_dir=.cache/logs
mkdir -p "$log_dir"

# say TEXT: one progress line with the seconds since the start.
say() { printf '[%4ds] %s\n' $((SECONDS - started)) "$*"; }

# fail TEXT: one clear line, and out.
fail() {
  printf '%s: %s\n' "$script_name" "$*" >&2
  exit 1
}

# logged NAME COMMAND…: runs it with its output in a file; if it fails, says what
# failed, its most telling line, and where the rest is.
logged() {
  local name=$1 log="$log_dir/$1.log"
  shift
  "$@" >"$log" 2>&1 && return 0
  local why
  why=$(grep -m1 -iE '(^|[^a-z_])(error|fatal|failed|E:)' "$log" || tail -1 "$log")
  fail "$name failed: ${why:-no output}  (all of it: $PWD/$log)"
}

# Hits must survive another checkout's path, another checkout time and precompiled headers.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_PCH_EXTSUM=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
