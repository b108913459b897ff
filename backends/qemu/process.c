/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64 };

static void in_folder(const struct process *process, char *out, size_t size, const char *name)
{
    (void)snprintf(out, size, "%s/%s", process->folder, name);
}

int process_prepare(struct process *process, struct problem *problem)
{
    const char *base = getenv("TMPDIR");
    char path[128];

    memset(process, 0, sizeof(*process));
    process->pid = -1;
    process->qtest.fd = process->qmp.fd = process->qtest_listener = process->qmp_listener = -1;
    if (snprintf(process->folder, sizeof(process->folder), "%s/irqcts-qemu-XXXXXX",
                 base != NULL && strlen(base) < 40 ? base : "/tmp") < 0 ||
        mkdtemp(process->folder) == NULL) {
        process->folder[0] = '\0';
        return problem_set(problem, "cannot make a temporary folder: %s", strerror(errno));
    }
    in_folder(process, path, sizeof(path), "qtest");
    process->qtest_listener = stream_listen(path, problem);
    in_folder(process, path, sizeof(path), "qmp");
    process->qmp_listener = stream_listen(path, problem);
    return process->qtest_listener >= 0 && process->qmp_listener >= 0 ? 0 : -1;
}

/* In the child: no way back.  Ends with its parent, whatever happens to that. */
static void become_qemu(const struct process *process, const char *path, char **arguments, pid_t parent)
{
    char log[128];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int errors;

    in_folder(process, log, sizeof(log), "log");
    errors = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || null < 0 || errors < 0 || dup2(null, 0) < 0 || dup2(errors, 1) < 0 ||
        dup2(errors, 2) < 0) {
        _exit(127);
    }
    (void)execvp(path, arguments);
    (void)dprintf(2, "cannot run %s: %s", path, strerror(errno));
    _exit(127);
}

int process_start(struct process *process, const char *path, const char *const *arguments, struct problem *problem)
{
    char qtest[160];
    char qmp[160];
    const char *list[ARGUMENTS_MAX] = {path, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35",
                                       "-accel", "tcg", "-m", "64", "-S", "-qtest", qtest, "-qtest-log", "/dev/null",
                                       "-qmp", qmp};
    size_t count = 18;
    pid_t parent = getpid();

    (void)snprintf(qtest, sizeof(qtest), "unix:%s/qtest", process->folder);
    (void)snprintf(qmp, sizeof(qmp), "unix:%s/qmp", process->folder);
    while (*arguments != NULL && count + 1 < ARGUMENTS_MAX) {
        list[count++] = *arguments++;
    }
    process->pid = fork();
    if (process->pid < 0) {
        return problem_set(problem, "cannot start a process: %s", strerror(errno));
    }
    if (process->pid == 0) {
        become_qemu(process, path, (char **)(uintptr_t)list, parent);
    }
    return 0;
}

int process_connect(struct process *process, struct problem *problem)
{
    if (stream_accept(&process->qtest, process->qtest_listener, process->pid, problem) != 0 ||
        stream_accept(&process->qmp, process->qmp_listener, process->pid, problem) != 0) {
        return -1;
    }
    return qmp_connect(process, problem);
}

/* The end of the log, on one line. */
static void log_tail(const struct process *process, char *out, size_t size)
{
    char path[128];
    FILE *file;
    size_t length = 0;

    out[0] = '\0';
    in_folder(process, path, sizeof(path), "log");
    file = fopen(path, "r");
    if (file == NULL) {
        return;
    }
    if (fseek(file, -(long)size + 1, SEEK_END) != 0) {
        rewind(file);
    }
    length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    (void)fclose(file);
    for (size_t i = 0; i < length; i++) {
        if (out[i] == '\n') {
            out[i] = i + 1 == length ? '\0' : ' ';
        }
    }
}

void process_explain(struct process *process, struct problem *problem)
{
    size_t length = strlen(problem->text);
    char said[300];
    int status;

    if (process->pid <= 0) {
        return;
    }
    (void)usleep(50000); /* a connection closes a moment before its process ends */
    if (waitpid(process->pid, &status, WNOHANG) != process->pid) {
        return;
    }
    process->pid = -1;
    log_tail(process, said, sizeof(said));
    (void)snprintf(problem->text + length, sizeof(problem->text) - length, "; QEMU ended with %s %d%s%s",
                   WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                   said[0] != '\0' ? " and said: " : "", said);
}

void process_close(struct process *process)
{
    static const char *const files[] = {"qtest", "qmp", "log", "counter0", "counter1", "device", "state"};
    char path[128];

    if (process->pid > 0) {
        (void)kill(process->pid, SIGKILL);
        (void)waitpid(process->pid, NULL, 0);
    }
    process->pid = -1;
    stream_close(&process->qtest);
    stream_close(&process->qmp);
    if (process->qtest_listener >= 0) {
        (void)close(process->qtest_listener);
    }
    if (process->qmp_listener >= 0) {
        (void)close(process->qmp_listener);
    }
    for (size_t i = 0; process->folder[0] != '\0' && i < sizeof(files) / sizeof(files[0]); i++) {
        in_folder(process, path, sizeof(path), files[i]);
        (void)unlink(path);
    }
    if (process->folder[0] != '\0') {
        (void)rmdir(process->folder);
    }
    process->folder[0] = '\0';
}

int process_version(char *out, size_t size, const char *path, struct problem *problem)
{
    int pipes[2];
    char text[256];
    ssize_t length = 0;
    const char *word;
    pid_t pid;

    out[0] = '\0';
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return problem_set(problem, "cannot make a pipe: %s", strerror(errno));
    }
    pid = fork();
    if (pid == 0) {
        char *arguments[] = {(char *)(uintptr_t)path, (char *)(uintptr_t)"--version", NULL};
        (void)dup2(pipes[1], 1);
        (void)execvp(path, arguments);
        _exit(127);
    }
    (void)close(pipes[1]);
    if (pid > 0) {
        length = read(pipes[0], text, sizeof(text) - 1);
        (void)waitpid(pid, NULL, 0);
    }
    (void)close(pipes[0]);
    text[length > 0 ? length : 0] = '\0';
    word = strstr(text, "version ");
    if (word == NULL) {
        return problem_set(problem,
                           "%s is no QEMU that runs here; install qemu-system-x86, or name one with path=/…/"
                           "qemu-system-x86_64",
                           path);
    }
    word += 8;
    (void)snprintf(out, size, "%.*s", (int)strcspn(word, " (\n"), word);
    return 0;
}

/* ---- QMP ---- */

/* Reads lines until one holds `"return"` (and then `event`, if asked for). */
static int qmp_wait(struct process *process, const char *event, struct problem *problem)
{
    int returned = 0;
    int happened = event == NULL;

    while (!returned || !happened) {
        char *line;
        if (stream_line(&line, &process->qmp, problem) != 0) {
            return -1;
        }
        if (strstr(line, "\"error\"") != NULL) {
            return problem_set(problem, "QEMU refuses: %.400s", line);
        }
        returned |= strstr(line, "\"return\"") != NULL;
        happened |= event != NULL && strstr(line, event) != NULL;
    }
    return 0;
}

int qmp_command(struct process *process, const char *command, const char *event, struct problem *problem)
{
    if (stream_write(&process->qmp, command, strlen(command), problem) != 0 ||
        stream_write(&process->qmp, "\n", 1, problem) != 0) {
        return -1;
    }
    return qmp_wait(process, event, problem);
}

int qmp_connect(struct process *process, struct problem *problem)
{
    char *greeting;

    if (stream_line(&greeting, &process->qmp, problem) != 0) {
        return -1;
    }
    return qmp_command(process, "{\"execute\": \"qmp_capabilities\"}", NULL, problem);
}
