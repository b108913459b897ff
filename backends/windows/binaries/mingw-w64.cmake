# SPDX-License-Identifier: Apache-2.0
# Cross compilation from Linux with mingw-w64 (Debian: gcc-mingw-w64-x86-64-win32).
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
# Kernel drivers must import nothing from user mode, so nothing is linked by default.
set(CMAKE_C_STANDARD_LIBRARIES_INIT "")
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
