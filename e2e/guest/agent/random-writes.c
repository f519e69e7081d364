/*
 * random-writes FILE SECONDS: overwrites random 4 KiB blocks of a 32 MiB file, past the page cache, with an fsync
 * after every 64th. Prints {"writes","bytes","seconds"}. Small, static and without threads, for a guest that has
 * one emulated processor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 4096, BLOCKS = 8192, WRITES_PER_FSYNC = 64 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int fail(const char *what, const char *file) {
  fprintf(stderr, "%s %s: %s\n", what, file, strerror(errno));
  return 1;
}

/* xorshift64: the guest has no use for better. */
static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: random-writes FILE SECONDS\n");
    return 2;
  }
  const char *file = argv[1];
  int fd = open(file, O_RDWR | O_CREAT | O_DIRECT, 0600);
  if (fd < 0) return fail("cannot open", file);
  if (posix_fallocate(fd, 0, (off_t)BLOCK_BYTES * BLOCKS) != 0) return fail("cannot allocate", file);
  uint64_t *block = NULL;
  if (posix_memalign((void **)&block, BLOCK_BYTES, BLOCK_BYTES) != 0) return fail("no memory for", file);

  double started = now(), ends = started + atof(argv[2]);
  uint64_t random = (uint64_t)(started * 1e9) | 1, writes = 0;
  while (now() < ends) {
    for (unsigned word = 0; word < BLOCK_BYTES / sizeof *block; word++) block[word] = next_random(&random);
    off_t at = (off_t)(next_random(&random) % BLOCKS) * BLOCK_BYTES;
    if (pwrite(fd, block, BLOCK_BYTES, at) != BLOCK_BYTES) return fail("cannot write", file);
    if (++writes % WRITES_PER_FSYNC == 0 && fsync(fd) != 0) return fail("cannot sync", file);
  }
  if (fsync(fd) != 0) return fail("cannot sync", file);
  printf("{\"writes\":%llu,\"bytes\":%llu,\"seconds\":%.3f}\n", (unsigned long long)writes,
         (unsigned long long)writes * BLOCK_BYTES, now() - started);
  return 0;
}
