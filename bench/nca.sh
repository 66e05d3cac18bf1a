#!/bin/sh
# Installs nca (network-config-analyzer, PyPI) into bench/.tools/nca, to be measured beside; prints
# the path of its command. A folder is asked about with `nca --connectivity -r FOLDER/`.
set -eu
version=2.1.0
tools=$(cd "$(dirname "$0")" && pwd)/.tools
environment=$tools/nca-$version

if [ ! -x "$environment/bin/nca" ]; then
  mkdir -p "$tools"
  printf '*\n' > "$tools/.gitignore"
  rm -rf "$environment"
  "${PYTHON:-python3}" -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check \
    "network-config-analyzer==$version"
fi
echo "$environment/bin/nca"
