/* What every program of the benchmark tells of itself, so that no figure rests on a supervisor's word:
 * {pid, CLOCK_MONOTONIC ns, number of starts so far} in its slot of the board, a file. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void mark(const char *board, int slot) {
    struct timespec now;
    int64_t record[3] = {0, 0, 0};
    off_t place = slot * (off_t)sizeof record;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int fd = open(board, O_RDWR);
    if (fd < 0 || pread(fd, record, sizeof record, place) != sizeof record) _exit(1);
    record[0] = getpid();
    record[1] = now.tv_sec * 1000000000LL + now.tv_nsec;
    record[2]++;
    if (pwrite(fd, record, sizeof record, place) != sizeof record) _exit(1);
    close(fd);
}
