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

int process_folder(char *out, size_t size, struct problem *problem)
{
    const char *base = getenv("TMPDIR");

    if (snprintf(out, size, "%s/irqcts-qemu-XXXXXX", base != NULL && strlen(base) < 40 ? base : "/tmp") < 0 ||
        mkdtemp(out) == NULL) {
        out[0] = '\0';
        return problem_set(problem, "cannot make a temporary folder: %s", strerror(errno));
    }
    return 0;
}

void process_remove_folder(char *folder)
{
    static const char *const files[] = {"qtest", "qmp", "log", "firmware", "counter0", "counter1", "device"};
    char path[128];

    for (size_t i = 0; folder[0] != '\0' && i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    if (folder[0] != '\0') {
        (void)rmdir(folder);
    }
    folder[0] = '\0';
}

/* Firmware that does nothing: the processor starts 16 bytes below 4 GiB and
 * halts for good, so that devices' clocks run and nobody touches the devices. */
static int write_firmware(const struct process *process, struct problem *problem)
{
    enum { SIZE = 0x10000, RESET_VECTOR = 0xfff0 };
    static const unsigned char halt[] = {0xfa, 0xf4, 0xeb, 0xfd}; /* cli; hlt; jmp to the hlt */
    char path[128];
    FILE *file;
    int failed;

    in_folder(process, path, sizeof(path), "firmware");
    file = fopen(path, "wbe");
    if (file == NULL) {
        return problem_set(problem, "cannot write %s: %s", path, strerror(errno));
    }
    failed = fseek(file, RESET_VECTOR, SEEK_SET) != 0 || fwrite(halt, 1, sizeof(halt), file) != sizeof(halt) ||
             fseek(file, SIZE - 1, SEEK_SET) != 0 || fputc(0, file) == EOF;
    failed |= fclose(file) != 0;
    return failed ? problem_set(problem, "cannot write %s: %s", path, strerror(errno)) : 0;
}

int process_prepare(struct process *process, struct problem *problem)
{
    char path[128];

    *process = (struct process)PROCESS_NONE;
    if (process_folder(process->folder, sizeof(process->folder), problem) != 0 ||
        write_firmware(process, problem) != 0) {
        return -1;
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
    char firmware[128];
    const char *list[ARGUMENTS_MAX] = {path, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35",
                                       "-accel", "tcg", "-m", "64", "-bios", firmware, "-qtest", qtest,
                                       "-qtest-log", "/dev/null", "-qmp", qmp};
    size_t count = 19;
    pid_t parent = getpid();

    (void)snprintf(qtest, sizeof(qtest), "unix:%s/qtest", process->folder);
    (void)snprintf(qmp, sizeof(qmp), "unix:%s/qmp", process->folder);
    in_folder(process, firmware, sizeof(firmware), "firmware");
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
    /* A connection closes a moment before its process ends; after an abort it may take a while to dump. */
    for (int i = 0; waitpid(process->pid, &status, WNOHANG) != process->pid; i++) {
        if (i == (problem->ended ? 100 : 3)) {
            return;
        }
        (void)usleep(20000);
    }
    process->pid = -1;
    log_tail(process, said, sizeof(said));
    (void)snprintf(problem->text + length, sizeof(problem->text) - length, "; QEMU ended with %s %d%s%s",
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                   said[0] != '\0' ? " and said: " : "", said);
}

void process_close(struct process *process)
{
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
    process->qtest_listener = process->qmp_listener = -1;
    process_remove_folder(process->folder);
}

int process_refused_stream(struct process *process)
{
    enum { TRIES = 100, PAUSE_US = 20000 };
    char said[300];
    int status = 0;

    for (int i = 0; process->pid > 0 && i < TRIES; i++) {
        siginfo_t ended = {.si_pid = 0};
        if (waitid(P_PID, (id_t)process->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == process->pid) {
            status = ended.si_code == CLD_EXITED ? ended.si_status : -1;
            log_tail(process, said, sizeof(said));
            return status == 1 && strstr(said, "load of migration failed") != NULL;
        }
        (void)usleep(PAUSE_US);
    }
    return 0;
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

/* The line that answers `command`. */
static int qmp_query(char **out, struct process *process, const char *command, struct problem *problem)
{
    if (stream_write(&process->qmp, command, strlen(command), problem) != 0 ||
        stream_write(&process->qmp, "\n", 1, problem) != 0) {
        return -1;
    }
    do {
        if (stream_line(out, &process->qmp, problem) != 0) {
            return -1;
        }
    } while (strstr(*out, "\"return\"") == NULL && strstr(*out, "\"error\"") == NULL);
    return 0;
}

int qmp_await_migration(struct process *process, struct problem *problem)
{
    enum { TRIES = STREAM_TIMEOUT_MS / 5, PAUSE_US = 5000 };

    for (int i = 0; i < TRIES; i++) {
        char *line;
        if (qmp_query(&line, process, "{\"execute\": \"query-migrate\"}", problem) != 0) {
            return -1;
        }
        if (strstr(line, "\"completed\"") != NULL) {
            return 1;
        }
        if (strstr(line, "\"failed\"") != NULL || strstr(line, "\"error\"") != NULL) {
            (void)problem_set(problem, "QEMU's migration failed: %.300s", line);
            return 0;
        }
        (void)usleep(PAUSE_US);
    }
    return problem_set(problem, "QEMU's migration did not end within %d s", STREAM_TIMEOUT_MS / 1000);
}
