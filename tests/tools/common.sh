# Shared by the scripts in this folder: where things are, and how they speak.
# shellcheck shell=bash

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=$top/.cache
mkdir -p "$cache/logs"
cd "$top"

say() { printf '%s\n' "$*"; }
die() { printf 'ERROR: %s\n' "$*" >&2; exit 1; }

# step NAME COMMAND...: run it, say what is done and how long it took.
step() {
    local name=$1 began=$SECONDS status=0
    shift
    printf -- '--- %s\n' "$name"
    "$@" || status=$?
    if ((status)); then
        printf -- '--- %s: FAILED after %d s\n' "$name" $((SECONDS - began))
        return "$status"
    fi
    printf -- '--- %s: ok, %d s\n' "$name" $((SECONDS - began))
}

# What needs root: as root, or through sudo.
can_be_root() { [[ $EUID -eq 0 ]] || command -v sudo >/dev/null; }
as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

# The tools of .venv, and only after them what the machine has: molecule and
# ansible-lint call "ansible-config" and the like by name.
use_venv() {
    export PATH=$top/.venv/bin:$PATH VIRTUAL_ENV=$top/.venv
    export ANSIBLE_HOME=$top/.ansible
    # Host keys and locale of the person at the keyboard must not change a result.
    export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
    unset PYTHONPATH PYENV_VERSION
}

# collection_link FOLDER: a folder with ansible_collections/mysqlha/proxysql
# pointing at this checkout, as Python and ansible-doc want it.
collection_link() {
    mkdir -p "$1/ansible_collections/mysqlha"
    ln -sfn "$top" "$1/ansible_collections/mysqlha/proxysql"
}
