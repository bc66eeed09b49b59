# shellcheck shell=bash
# Finds the toolchains that building needs, and says in one line each how to get what is missing.
# Needs say.sh.

# npm is used for what it installs, not for its news.
export NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false NPM_CONFIG_LOGLEVEL=error

# A cargo from rustup looks for its toolchains under HOME; with another HOME it still has to find them.
find_rustup_home() {
  local cargo home
  cargo=$(command -v cargo) || return 0
  home=$(dirname "$(dirname "$(dirname "$cargo")")")
  if [ -z "${RUSTUP_HOME:-}" ] && ! cargo --version >/dev/null 2>&1 && [ -d "$home/.rustup" ]; then
    export RUSTUP_HOME="$home/.rustup"
  fi
}

# Prints a Python 3 that has pip.
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      echo "$python"
      return
    fi
  done
  return 1
}

# node_is_new_enough: Vite needs 20.19 or newer.
node_is_new_enough() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# need_toolchains: ends with one line for each toolchain that is missing.
need_toolchains() {
  local missing=()
  find_rustup_home
  cargo --version >/dev/null 2>&1 ||
    missing+=("Rust is missing: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal")
  { command -v cc && command -v make; } >/dev/null 2>&1 || missing+=("a C compiler is missing: sudo apt-get install -y build-essential")
  node_is_new_enough ||
    missing+=("Node 20.19 or newer is missing: curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash - && sudo apt-get install -y nodejs")
  command -v npm >/dev/null || missing+=("npm is missing: sudo apt-get install -y npm")
  find_python >/dev/null || missing+=("Python 3 with pip is missing: sudo apt-get install -y python3-pip")
  command -v git >/dev/null || missing+=("git is missing: sudo apt-get install -y git")
  if [ ${#missing[@]} -gt 0 ]; then
    printf 'ocweb: %s\n' "${missing[@]}" "or, without any of these: docker compose up" >&2
    exit 1
  fi
}
