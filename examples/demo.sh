#!/bin/sh
# Audits the shipped example and explains its worst path. The audit finds much, so its own exit
# code is 1; the demonstration ends with 0 when everything went as it should.
ringwall=${1:-ringwall}
cd "$(dirname "$0")/.." || exit 3

echo '$ ringwall audit examples/shop'
"$ringwall" audit examples/shop
code=$?
echo
echo "exit code of the audit: $code (1: findings at or above --fail-on)"
[ "$code" -eq 1 ] || exit 3

src=internet
dst='shop-old!node/ip-10-20-0-37.eu-west-1.compute.internal'
echo
echo "\$ ringwall explain examples/shop --from $src --to '$dst' --port tcp/22"
"$ringwall" explain examples/shop --from "$src" --to "$dst" --port tcp/22 || exit 3

src='shop-old!web/web[Deployment]'
dst='shop-old!data/db[StatefulSet]'
echo
echo "\$ ringwall explain examples/shop --from '$src' --to '$dst' --port tcp/5432"
"$ringwall" explain examples/shop --from "$src" --to "$dst" --port tcp/5432 || exit 3
