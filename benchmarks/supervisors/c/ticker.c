/* ticker BOARD SLOT COUNTS PERIOD_MS: tell the board, then write `pid number` to stdout every PERIOD_MS.
 *
 * How many lines were written stands in COUNTS at 8 * pid, so that lines can be looked for whichever process
 * wrote them. A write that fails counts too: that line is lost. SIGPIPE is ignored, as Python does. */
#include <signal.h>
#include <stdio.h>

#include "mark.h"

int main(int argc, char **argv) {
    char line[64];
    if (argc < 5) return 2;
    long period_ms = atol(argv[4]);
    struct timespec pause = {period_ms / 1000, period_ms % 1000 * 1000000L};
    int counts = open(argv[3], O_WRONLY);
    if (counts < 0) return 1;
    signal(SIGPIPE, SIG_IGN);
    mark(argv[1], atoi(argv[2]));
    for (int64_t written = 0;;) {
        int length = snprintf(line, sizeof line, "%010d %010lld\n", getpid(), (long long)written);
        if (write(1, line, length) != length) { /* lost, and counted as written */ }
        written++;
        if (pwrite(counts, &written, sizeof written, 8 * (off_t)getpid()) != sizeof written) return 1;
        nanosleep(&pause, NULL);
    }
}
