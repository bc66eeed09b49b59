# shellcheck shell=bash
# How our scripts talk: progress on standard error, one line each; a failure says what to do.
say() { printf '\033[2mocweb:\033[0m %s\n' "$*" >&2; }
fail() {
  printf 'ocweb: %s\n' "$*" >&2
  exit 1
}
