#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every public header compiles alone, at the highest warning level, under each compiler that is there:
#   headers_alone.sh GENERATED_INCLUDE HEADER_FOLDER COMPILER...
# A compiler "cl" stands for clang in its Visual Studio mode (/W4 /WX).
set -eu
generated=$1
folder=$2
shift 2
checked=0
for compiler in "$@"; do
    for header in "$folder"/irqcts/*.h "$generated"/irqcts/*.h; do
        name=irqcts/$(basename "$header")
        if [ "$compiler" = cl ]; then
            # No Windows SDK here: the compiler's own freestanding headers serve.
            printf '#include "%s"\nextern int alone;\n' "$name" |
                clang --driver-mode=cl --target=x86_64-pc-windows-msvc /nologo /W4 /WX /Zs /X \
                    -Xclang -ffreestanding -imsvc "$(clang -print-resource-dir)/include" \
                    "/I$folder" "/I$generated" /TC /dev/stdin
        else
            printf '#include "%s"\nextern int alone;\n' "$name" |
                "$compiler" -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only \
                    "-I$folder" "-I$generated" -x c -
            # mingw's C++ is a package of its own.
            "$compiler" -print-prog-name=cc1plus | grep -q / || case $compiler in *clang*) ;; *) checked=$((checked + 1)); continue ;; esac
            printf '#include "%s"\nextern int alone;\n' "$name" |
                "$compiler" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
                    "-I$folder" "-I$generated" -x c++ -
        fi
        checked=$((checked + 1))
    done
done
echo "$checked headers checked"
[ "$checked" -gt 0 ]
