#!/usr/bin/env bash
# Runs a plan of initbench in shards with GNU parallel, here and on other hosts by ssh, then merges.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/sweep_parallel.sh [--hosts HOST,...] [--shards N] [--program FILE]
                                 -- ARGUMENTS OF INITBENCH

Shares the plan that the arguments stand for out among hosts (":" is this machine, the default), one
shard at a time each, and merges the results. More shards than hosts (default: 4 per host) let fast
hosts do more. Hosts are reached by ssh without a password and see this folder and --out at the same
path (a network file system). Give --jobs to use a host's cores. Calling it again makes up for what
failed; what is finished is not run again. Example:

  scripts/sweep_parallel.sh --hosts :,node1,node2 -- --config sweep.json --jobs 8 --out results

The last line is the folder of the merged tables. Exit code: 0 all done, 2 wrong usage or config,
3 some runs are missing or failed, 129, 130 or 143 interrupted.
TEXT
}

fail_usage() {
  echo "sweep_parallel: $1 (see: scripts/sweep_parallel.sh --help)" >&2
  exit 2
}

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
program="$repository/build/initbench"
hosts=":" shards=""
while [[ $# -gt 0 ]]; do
  case "$1" in
    --hosts|--shards|--program)
      [[ $# -ge 2 ]] || fail_usage "$1 needs a value"
      declare "${1#--}=$2"
      shift 2 ;;
    -h|--help) usage; exit 0 ;;
    --) shift; break ;;
    *) fail_usage "unknown argument '$1'; those of initbench come after --" ;;
  esac
done
[[ $# -gt 0 ]] || fail_usage "no arguments of initbench"
command -v parallel >/dev/null || fail_usage "needs GNU parallel (Debian's package parallel)"
[[ -x $program ]] || fail_usage "no program at $program; build it: scripts/quickstart.sh"
host_count=$(awk -F, '{ print NF }' <<<"$hosts")
shards=${shards:-$((4 * host_count))}
[[ $shards =~ ^[1-9][0-9]{0,5}$ ]] || fail_usage "--shards needs a number from 1, not '$shards'"

out=runs
is_out=""
for argument in "$@"; do
  if [[ -n $is_out ]]; then
    out=$argument
    is_out=""
  elif [[ $argument == --out ]]; then
    is_out=yes
  elif [[ $argument == --out=* ]]; then
    out=${argument#--out=}
  elif [[ $argument =~ ^-[qv]*o(.*)$ ]]; then   # -o DIR, -oDIR, -qo DIR
    out=${BASH_REMATCH[1]}
    [[ -n $out ]] || is_out=yes
  fi
done

# A mistake in the config is told once and not by every shard.
"$program" "$@" --dry-run >/dev/null

# Runs that are told to end save what they have: give them the time to do so. A shard whose host
# went away is tried elsewhere, and so is one that failed: what it has finished is not run again.
# Without SHELL (services, containers, batch systems) parallel quotes for a shell it guesses, and the
# hosts would run nothing and say nothing.
export SHELL="$BASH"
status=0
seq 0 $((shards - 1)) | parallel --will-cite --line-buffer --tag --jobs 1 \
  --sshlogin "$hosts" --workdir "$PWD" --retries 2 --termseq INT,20000,TERM,5000,KILL,25 --quote \
  "$program" "$@" --no-progress --shard "{}/$shards" >/dev/null || status=$?
[[ $status -ne 129 && $status -ne 130 && $status -ne 143 ]] || exit "$status"
[[ $status -eq 0 ]] || echo "sweep_parallel: $status of $shards shards did not end well" >&2

exec "$program" merge "$out"
