/* SPDX-License-Identifier: Apache-2.0 */
#include "qtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qtest_initialise(struct qtest *qtest, struct stream *stream)
{
    memset(qtest, 0, sizeof(*qtest));
    qtest->stream = stream;
}

static char letter(uint32_t width)
{
    return width == 1 ? 'b' : width == 2 ? 'w' : width == 4 ? 'l' : 'q';
}

/* Behind `format` has been written to the output: one more reply to read. */
static int queue(struct qtest *qtest, int length, uint64_t *value, uint32_t shift, struct problem *problem)
{
    qtest->output_end += (size_t)length;
    qtest->replies[qtest->queued].value = value;
    qtest->replies[qtest->queued].shift = shift;
    qtest->queued++;
    return qtest->queued == QTEST_BATCH ? qtest_flush(qtest, problem) : 0;
}

#define OUTPUT(qtest) ((qtest)->output + (qtest)->output_end), (sizeof((qtest)->output) - (qtest)->output_end)

int qtest_write(struct qtest *qtest, uint64_t address, uint32_t width, uint64_t value, struct problem *problem)
{
    return queue(qtest,
                 snprintf(OUTPUT(qtest), "write%c 0x%llx 0x%llx\n", letter(width), (unsigned long long)address,
                          (unsigned long long)value),
                 NULL, 0, problem);
}

int qtest_read(struct qtest *qtest, uint64_t address, uint32_t width, uint64_t *value, uint32_t shift,
               struct problem *problem)
{
    return queue(qtest, snprintf(OUTPUT(qtest), "read%c 0x%llx\n", letter(width), (unsigned long long)address), value,
                 shift, problem);
}

int qtest_port_write(struct qtest *qtest, uint32_t port, uint32_t width, uint32_t value, struct problem *problem)
{
    return queue(qtest, snprintf(OUTPUT(qtest), "out%c 0x%x 0x%x\n", letter(width), port, value), NULL, 0, problem);
}

int qtest_port_read(struct qtest *qtest, uint32_t port, uint32_t width, uint64_t *value, struct problem *problem)
{
    return queue(qtest, snprintf(OUTPUT(qtest), "in%c 0x%x\n", letter(width), port), value, 0, problem);
}

int qtest_flush(struct qtest *qtest, struct problem *problem)
{
    uint32_t queued = qtest->queued;

    if (queued == 0) {
        return 0;
    }
    qtest->queued = 0;
    if (stream_write(qtest->stream, qtest->output, qtest->output_end, problem) != 0) {
        return -1;
    }
    qtest->output_end = 0;
    qtest->commands += queued;
    for (uint32_t i = 0; i < queued; i++) {
        char *line;
        if (stream_line(&line, qtest->stream, problem) != 0) {
            return -1;
        }
        if (strncmp(line, "OK", 2) != 0) {
            return problem_set(problem, "QEMU answered \"%.200s\" to a qtest command", line);
        }
        if (qtest->replies[i].value != NULL) {
            *qtest->replies[i].value |= strtoull(line + 2, NULL, 0) << qtest->replies[i].shift;
        }
    }
    return 0;
}
