/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks through a machine that try each of some inputs in each state, in few
 * long programs: on most devices a new beginning costs more than a hundred
 * inputs.
 */
#ifndef IRQCTS_ENGINE_TOUR_H
#define IRQCTS_ENGINE_TOUR_H

#include "machine.h"

#define TOUR_ENDS UINT32_MAX             /* where the walk is afterwards is not known */
#define TOUR_NOT_WANTED (UINT32_MAX - 1u)
/* Set in the input of a node that only leads to what is tried next. */
#define TOUR_ON_THE_WAY 0x80000000u

struct tour {
    const uint32_t *target; /* [state * inputs + input]: where the walk is once the input and the suffix have been
                             * tried, TOUR_ENDS, or TOUR_NOT_WANTED */
    const uint32_t *suffix; /* inputs behind each one that is tried */
    uint32_t suffix_length;
    uint32_t length;        /* inputs after which a new walk begins */
};

/* Adds the walks to a tree, from the initial state; between what is tried they
 * go the shortest way by defined inputs. */
int32_t machine_tour(struct sequence_tree *tree, const struct machine *machine, const struct tour *tour);

/* Whether `input` is defined in every state and its output shows which it was.
 *
 * Then a tour of all transitions with `input` as the suffix is complete for
 * implementations with no more states than the machine (checking sequences with
 * a distinguishing sequence: F. C. Hennie, 1964).  Such an implementation has one
 * state for each of the machine's, since the outputs differ; the suffix behind
 * itself, which is one of the transitions, shows where it leads from each; and
 * every way goes by transitions that have been tried before. */
int machine_shows_states(const struct machine *machine, uint32_t input);

#endif
