#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# analyse.sh TREE MINGW_GCC DDK CPPCHECK CLANG_TIDY: static analysis of the drivers, the client and the set-up
# program; a tool that is not there is left out, and with none of them the test is skipped (77).
set -eu
tree=$1 gcc=$2 ddk=$3 cppcheck=$4 tidy=$5
windows=$tree/backends/windows
includes="-I$windows/include -I$windows/common -I$windows/sample_miniport -I$windows/dispatch -I$windows/simbus -I$windows/client -I$tree/core/include \
-I$tree/backends/emulator"
ran=0
if [ -x "$gcc" ] && [ -d "$ddk" ]; then
    for source in "$windows"/driver/*.c "$windows"/dispatch/*.c "$windows"/common/*.c "$windows"/simbus/*.c \
                  "$windows"/sample_miniport/*.c "$windows"/client/*.c "$windows"/setup/*.c; do
        # shellcheck disable=SC2086
        "$gcc" -std=c11 -O1 -fanalyzer -Werror -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000000 $includes \
            -isystem "$ddk" -c -o /dev/null "$source"
    done
    ran=1
fi
if [ -x "$cppcheck" ]; then
    # shellcheck disable=SC2086
    "$cppcheck" --quiet --std=c11 --platform=win64 --enable=warning,portability,performance --error-exitcode=1 \
        $includes "$windows/driver" "$windows/dispatch" "$windows/common" "$windows/simbus" \
        "$windows/sample_miniport" "$windows/client" "$windows/setup"
    ran=1
fi
if [ -x "$tidy" ]; then # what needs no Windows header
    # shellcheck disable=SC2086
    "$tidy" --quiet '--checks=-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-clang-analyzer-security.insecureAPI.*' \
        '--warnings-as-errors=*' "$windows"/dispatch/*.c "$windows/simbus/simulation.c" \
        "$windows/sample_miniport/ddi.c" -- -std=c11 $includes
    ran=1
fi
[ $ran -eq 1 ] || exit 77
