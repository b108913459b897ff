@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Finds Python with what irqcts needs and hands over to the command line, on Windows (irqcts is for Linux).
rem
rem   irqcts run                                         the suite on the built-in emulator, with reports
rem   irqcts run --backend windows --device "PCI\VEN_..." on a device; says what is missing
rem   irqcts doctor                                      what works on this machine
rem
rem IRQCTS_PYTHON names another interpreter.  In a source tree IRQCTS_BUILD names another build folder.
setlocal
set "here=%~dp0"
rem A source tree, or the package.
if exist "%here%harness\irqcts\needed.py" (
    set "harness=%here%harness"
) else (
    set "harness=%here%python"
)
if defined PYTHONPATH set "PYTHONPATH=;%PYTHONPATH%"
set "PYTHONPATH=%harness%;%here%reports%PYTHONPATH%"
set "PYTHONUTF8=1"

set "python="
if defined IRQCTS_PYTHON (
    call :try "%IRQCTS_PYTHON%"
) else (
    call :try py -3
    call :try python
    call :try python3
)
if defined python goto found
if defined IRQCTS_PYTHON goto wrong
echo irqcts: no Python 3.11 or later; to install one, and then open a new prompt:>&2
echo     winget install --exact --id Python.Python.3.12>&2
exit /b 2

:wrong
echo irqcts: IRQCTS_PYTHON=%IRQCTS_PYTHON% is no Python 3.11 or later>&2
exit /b 2

:found
%python% "%harness%\irqcts\needed.py"
if errorlevel 1 exit /b 2

%python% -m irqcts %*
exit /b %errorlevel%

rem Takes a command for the interpreter unless there is one already.
:try
if defined python exit /b 0
%* -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if %errorlevel% equ 0 set python=%*
exit /b 0
