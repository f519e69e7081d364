package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Runs one reader of bytes on inputs that come from others by a change or several; an input that
 * took a branch that none had taken before is kept, and changed further. One thread.
 */
public final class GuidedFuzz {
  private static final int CHANGES_MAX = 6;
  private static final long[] TELLING = {
    0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, Integer.MAX_VALUE, 1L << 32, 1L << 47
  };

  /** What is to be tried. It throws when something is wrong. */
  public interface Target {
    void run(byte[] input);
  }

  /** One reader: by name, with the inputs that are kept. */
  private static final class Subject {
    final String name;
    final Target target;
    final List<byte[]> kept = new ArrayList<>();
    long runs;

    Subject(String name, Target target, byte[] first) {
      this.name = name;
      this.target = target;
      kept.add(first);
    }
  }

  private final List<Subject> subjects = new ArrayList<>();
  private final Random random;

  public GuidedFuzz(long seed) {
    random = new Random(seed);
  }

  /** Adds a reader, with what it reads without an error. */
  public void add(String name, byte[] input, Target target) {
    Coverage.begin();
    target.run(input);
    int unused = Coverage.fresh();
    subjects.add(new Subject(name, target, input));
  }

  /**
   * Each reader in turn, for so long.
   *
   * @return what was done: runs and kept inputs by name, and branches, also those that were taken
   *     before anything was changed
   */
  public Map<String, Long> run(long nanos) {
    int before = Coverage.known();
    long begun = System.nanoTime();
    run(() -> System.nanoTime() - begun < nanos);
    Map<String, Long> counts = counts();
    counts.put("branches unchanged", (long) before);
    counts.put("branches", (long) Coverage.known());
    return counts;
  }

  /** Each reader in turn, until it is enough. */
  void run(BooleanSupplier goOn) {
    while (goOn.getAsBoolean()) {
      for (Subject subject : subjects) {
        once(subject);
      }
    }
  }

  private void once(Subject subject) {
    byte[] input = subject.kept.get(random.nextInt(subject.kept.size())).clone();
    for (int i = random.nextInt(CHANGES_MAX); i >= 0; i--) {
      change(input, subject);
    }
    Coverage.begin();
    subject.target.run(input);
    subject.runs++;
    if (Coverage.fresh() > 0) {
      subject.kept.add(input);
    }
  }

  private void change(byte[] input, Subject subject) {
    int bytes = Math.min(1 << random.nextInt(4), input.length);
    int at = random.nextInt(input.length - bytes + 1);
    at = random.nextInt(4) > 0 ? at / bytes * bytes : at;
    switch (random.nextInt(6)) {
      case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> put(input, at, bytes, TELLING[random.nextInt(TELLING.length)]);
      case 2 -> put(input, at, bytes, get(input, at, bytes) + random.nextInt(-4, 5));
      case 3 -> {
        byte[] other = subject.kept.get(random.nextInt(subject.kept.size()));
        System.arraycopy(other, at, input, at, bytes);
      }
      case 4 -> put(input, at, bytes, random.nextLong());
      default -> {
        int from = random.nextInt(input.length - bytes + 1);
        System.arraycopy(input, from, input, at, bytes);
      }
    }
  }

  private static long get(byte[] input, int at, int bytes) {
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = (value << 8) | (input[at + i] & 0xff);
    }
    return value;
  }

  private static void put(byte[] input, int at, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      input[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Runs by name, and inputs that were kept under {@code name + " kept"}. */
  private Map<String, Long> counts() {
    Map<String, Long> counts = new TreeMap<>();
    for (Subject subject : subjects) {
      counts.merge(subject.name, subject.runs, Long::sum);
      counts.merge(subject.name + " kept", subject.kept.size() - 1L, Long::sum);
    }
    return counts;
  }
}
