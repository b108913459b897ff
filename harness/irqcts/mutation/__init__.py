# SPDX-License-Identifier: Apache-2.0
"""The mutation score: how many faulty implementations the suites tell from a right one.

A *mutant* is one faulty implementation: the emulator with one fault of its table, or the oracle with
one change that a tool made of its source.  A mutant is *killed* when a program that the right
implementation passes does not pass on it.  docs/mutation.md says what is claimed.
"""
