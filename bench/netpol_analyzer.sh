#!/bin/sh
# Builds netpolicy (github.com/np-guard/netpol-analyzer) into bench/.tools/bin, to be measured
# beside; prints its path. Needs go on the PATH. Does nothing where that version is built already.
set -eu
module=github.com/np-guard/netpol-analyzer
version=v1.4.4
tools=$(cd "$(dirname "$0")" && pwd)/.tools
binary=$tools/bin/netpolicy-$version

if [ ! -x "$binary" ]; then
  command -v go > /dev/null || { echo "go is not on the PATH" >&2; exit 1; }
  mkdir -p "$tools/bin"
  printf '*\n' > "$tools/.gitignore"
  build=$(mktemp -d)
  trap 'rm -rf "$build"' EXIT
  cd "$build"
  # `go install MODULE@VERSION` also asks a proxy for the list of all versions; a module that
  # requires it does not. The sums of what it needs are its own: they come with its source, which
  # the checksum database vouches for.
  printf 'module tools\n\ngo 1.24.1\n\nrequire %s %s\n' "$module" "$version" > go.mod
  source=$(go mod download -json "$module@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  [ -n "$source" ] || { echo "$module could not be downloaded" >&2; exit 1; }
  cp "$source/go.sum" go.sum
  chmod u+w go.sum
  go build -mod=mod -trimpath -o "$binary" "$module/cmd/netpolicy" >&2
fi
echo "$binary"
