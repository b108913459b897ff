#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# freestanding.sh COMPILER NM SOURCE...: the device part compiles and links
# without a library and needs nothing but what every compiler may call.
set -eu
compiler=$1
nm=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# -r joins the objects, so that what is still undefined comes from outside.
"$compiler" -std=c11 -ffreestanding -nostdlib -fno-stack-protector -Os -Wall -Wextra -Werror -r \
    -o "$folder/device.o" "$@"
undefined=$("$nm" --undefined-only "$folder/device.o" | sed 's/.* U //' | grep -vx 'memcpy\|memset\|_GLOBAL_OFFSET_TABLE_' || true)
if [ -n "$undefined" ]; then
    echo "the freestanding device part needs: $undefined" >&2
    exit 1
fi
