# SPDX-License-Identifier: Apache-2.0
"""python3 -m irqcts"""

from .cli import main

main()
