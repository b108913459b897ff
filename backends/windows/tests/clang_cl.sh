#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang_cl.sh TREE CLANG DDK: the Windows sources as clang-cl reads them for Visual Studio's target, /W4 /WX, syntax
# only, against mingw-w64's headers.  Two things are bent for those: they hide attributes from what is not GCC, and
# their <setjmpex.h> declares _setjmp otherwise than clang's <intrin.h>.  Behind --, because a path such as /work/x.c
# begins like an option (/w).
set -eu
tree=$1 clang=$2 ddk=$3
windows=$tree/backends/windows
if [ ! -x "$clang" ] || [ ! -d "$ddk" ]; then
    exit 77
fi
builtin=$("$clang" -print-resource-dir)/include
for source in "$windows"/driver/*.c "$windows"/dispatch/*.c "$windows"/common/*.c "$windows"/simbus/*.c \
              "$windows"/sample_miniport/*.c "$windows"/client/*.c "$windows"/setup/*.c "$windows/tests/try_driver.c"; do
    "$clang" --driver-mode=cl --target=x86_64-pc-windows-msvc /nologo /W4 /WX /Zs /X /std:c11 \
        /clang:-fgnuc-version=10.2.0 /D_INC_SETJMPEX /D_WIN32_WINNT=0x0A00 /DNTDDI_VERSION=0x0A000000 \
        -imsvc "$builtin" -imsvc "$ddk/.." -imsvc "$ddk" "/I$windows/include" "/I$windows/common" \
        "/I$windows/dispatch" "/I$windows/simbus" "/I$windows/sample_miniport" "/I$windows/client" \
        "/I$tree/core/include" "/I$tree/backends/emulator" /TC -- "$source"
done
