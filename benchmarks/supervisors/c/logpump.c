/* logpump LOG MAXBYTES PROGRAM ARGS...: run PROGRAM and copy its stdout to LOG with read and write, renaming
 * LOG to LOG.1, LOG.2, ... (kept in the order written) each time it would pass MAXBYTES. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char buffer[65536], name[4096];
    int ends[2], sequence = 0;
    long size = 0, max = argc > 3 ? atol(argv[2]) : 0;
    if (argc < 4 || pipe(ends)) return 2;
    if (fork() == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    close(ends[1]);
    int out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0; size += got) {
        if (size + got > max) {
            close(out);
            snprintf(name, sizeof name, "%s.%d", argv[1], ++sequence);
            rename(argv[1], name);
            out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
            size = 0;
        }
        if (write(out, buffer, got) != got) return 1;
    }
    return 0;
}
