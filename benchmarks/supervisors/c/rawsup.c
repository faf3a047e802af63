/* rawsup N CHILD BOARD: the least that a supervisor can do. Spawn CHILD BOARD i for each i < N, and spawn
 * again whatever dies. SIGTERM: kill the children, wait for them, leave. */
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static pid_t *pids;
static volatile sig_atomic_t stopping;
static int n;

static void on_term(int number) {
    (void)number;
    stopping = 1;
    for (int i = 0; i < n; i++)
        if (pids[i] > 0) kill(pids[i], SIGTERM);
}

static void start(int i, char **argv) {
    char slot[16];
    snprintf(slot, sizeof slot, "%d", i);
    char *child[] = {argv[2], argv[3], slot, NULL};
    if (posix_spawn(&pids[i], argv[2], NULL, NULL, child, environ)) exit(1);
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    n = atoi(argv[1]);
    pids = calloc(n, sizeof *pids);
    signal(SIGTERM, on_term);
    for (int i = 0; i < n; i++) start(i, argv);
    for (int status;;) {
        pid_t ended = wait(&status);
        if (ended < 0) return 0;
        for (int i = 0; i < n; i++)
            if (pids[i] == ended) {
                pids[i] = 0;
                if (!stopping) start(i, argv);
            }
    }
}
