#!/usr/bin/env bash
# Runs a list of configs, each with a list of seeds, several at a time, and leaves one table.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/sweep.sh [--seeds A..B|N] [--jobs N] [--out DIR] [--program FILE] CONFIG...
                        [-- ARGUMENTS FOR INITBENCH]

Runs every CONFIG with every seed (default: the config's own) as a process of its own, --jobs of
them at a time (default: 1), into --out (default: runs). Writes DIR/sweep.csv, one row a run in the order of the
command line, with each run's last losses and test accuracy, and prints its path as the last line.
What is finished already is not run again. Example:

  scripts/sweep.sh --seeds 0..4 --jobs 2 configs/deep_relu_*.json -- --set train.lr=0.02

Exit code: 0 all done (diverged included), 2 wrong usage, 3 some runs failed (see the table's
message), 5 the table could not be written.
TEXT
}

fail_usage() {
  echo "sweep: $1 (see: scripts/sweep.sh --help)" >&2
  exit 2
}

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
program="$repository/build/initbench"
seeds="" jobs=1 out=runs
configs=() extra=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --seeds|--jobs|--out|--program)
      [[ $# -ge 2 ]] || fail_usage "$1 needs a value"
      declare "${1#--}=$2"
      shift 2 ;;
    -h|--help) usage; exit 0 ;;
    --) shift; extra=("$@"); break ;;
    -*) fail_usage "unknown flag '$1'" ;;
    *) configs+=("$1"); shift ;;
  esac
done
[[ ${#configs[@]} -gt 0 ]] || fail_usage "no config given"
[[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || fail_usage "--jobs needs a number from 1, not '$jobs'"
seed_list=("")
if [[ -n $seeds ]]; then
  [[ $seeds =~ ^([0-9]{1,9})(\.\.([0-9]{1,9}))?$ ]] || fail_usage "--seeds needs A..B, not '$seeds'"
  first=$((10#${BASH_REMATCH[1]}))
  last=$((10#${BASH_REMATCH[3]:-$first}))
  [[ $first -le $last ]] || fail_usage "--seeds $seeds is empty"
  mapfile -t seed_list < <(seq "$first" "$last")
fi
[[ -x $program ]] || fail_usage "no program at $program; build it: scripts/quickstart.sh"

mkdir -p "$out" || exit 5
work="$(mktemp -d)"
pids=()
finish() {
  if [[ ${#pids[@]} -gt 0 ]]; then  # runs save what they have when they are told to end
    kill "${pids[@]}" 2>/dev/null || true
    wait || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

quoted() {  # a CSV cell (RFC 4180)
  if [[ $1 == *[\",$'\n']* ]]; then printf '"%s"' "${1//\"/\"\"}"; else printf '%s' "$1"; fi
}

last_of() {  # last_of FILE SPLIT COLUMN: that column in the last row of the split, by header name
  awk -F, -v split_name="$2" -v column="$3" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["split"] == split_name { value = $at[column] }
    END { print value }' "$1"
}

field_of() {  # field_of NAME RUN_JSON: the value of a top-level word or whole number
  sed -n 's/^ *"'"$1"'": *"\{0,1\}\([a-z0-9]*\).*/\1/p' "$2" | head -n 1
}

run_one() {  # run_one INDEX CONFIG SEED: leaves the row INDEX.row, and INDEX.failed when it failed
  local index=$1 config=$2 seed=$3 code=0 directory="" status=failed run_id="" message=""
  local train_loss="" test_loss="" test_accuracy="" child
  "$program" --config "$config" ${seed:+--seed "$seed"} --out "$out" --no-progress \
    "${extra[@]+"${extra[@]}"}" </dev/null >"$work/$index.out" 2>"$work/$index.err" &
  child=$!
  trap 'kill "$child" 2>/dev/null' TERM
  wait "$child" || code=$?
  directory="$(tail -n 1 "$work/$index.out")"
  if [[ $code -eq 0 && -f $directory/run.json ]]; then
    status="$(field_of status "$directory/run.json")"
    seed="$(field_of seed "$directory/run.json")"
    run_id="$(basename "$directory")"
    train_loss="$(last_of "$directory/curves.csv" train loss)"
    test_loss="$(last_of "$directory/curves.csv" test loss)"
    test_accuracy="$(last_of "$directory/curves.csv" test accuracy)"
  else
    directory=""
    message="$(grep -m 1 '^error' "$work/$index.err" || tail -n 1 "$work/$index.err")"
    message="exit code $code: $message"
    touch "$work/$index.failed"
    echo "sweep: $config${seed:+, seed $seed} failed: $message" >&2
  fi
  {
    quoted "$config"
    printf ',%s,%s,%s,%s,%s,%s,' "$seed" "$status" "$run_id" "$train_loss" "$test_loss" \
      "$test_accuracy"
    quoted "$directory"; printf ','; quoted "$message"; printf '\n'
  } >"$work/$index.row"
}

total=$((${#configs[@]} * ${#seed_list[@]}))
index=0
for config in "${configs[@]}"; do
  for seed in "${seed_list[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do wait -n || true; done
    index=$((index + 1))
    echo "sweep: $index/$total $config${seed:+, seed $seed}" >&2
    run_one "$index" "$config" "$seed" &
    pids+=($!)
  done
done
wait
pids=()

table="$out/sweep.csv"
if ! {
  echo "config,seed,status,run_id,train_loss,test_loss,test_accuracy,directory,message"
  for ((index = 1; index <= total; ++index)); do cat "$work/$index.row"; done
} >"$table.partial" || ! mv "$table.partial" "$table"; then
  echo "sweep: cannot write $table" >&2
  exit 5
fi
failed=$(find "$work" -name '*.failed' | wc -l)
echo "sweep: $((total - failed)) of $total runs done" >&2
echo "$table"
[[ $failed -eq 0 ]] || exit 3
