# shellcheck shell=sh
# /etc/profile takes away what the supervisor put first on the agent's path: what the agent installed for itself, on the volume.
PATH="$HOME/.local/bin:$PATH"
