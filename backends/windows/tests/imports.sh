#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imports.sh OBJDUMP DRIVER...: a driver imports from ntoskrnl.exe and HAL.dll and from nothing else.
set -eu
objdump=$1
shift
for driver in "$@"; do
    libraries=$("$objdump" -p "$driver" | sed -n 's/.*DLL Name: //p')
    if [ -z "$libraries" ]; then
        echo "$driver: imports nothing at all" >&2
        exit 1
    fi
    for library in $libraries; do
        case $library in
            ntoskrnl.exe | HAL.dll) ;;
            *) echo "$driver imports from $library" >&2; exit 1 ;;
        esac
    done
done
