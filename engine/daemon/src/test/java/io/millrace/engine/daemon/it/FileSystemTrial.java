package io.millrace.engine.daemon.it;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A file system on a volume of a real daemon, put to the test in three ways. After each, and after
 * its log was replayed, the file system's own check must find nothing. One thread.
 */
final class FileSystemTrial implements Closeable {
  /** A kind of file system, its making and its check. */
  enum Kind {
    EXT4("mkfs.ext4 -q", "e2fsck -fn"),
    XFS("mkfs.xfs -q", "xfs_repair -n");

    private final String make;
    private final String check;

    Kind(String make, String check) {
      this.make = make;
      this.check = check;
    }
  }

  private static final String STORE_SIZE = "768MiB";
  private static final String VOLUME_SIZE = "320MiB";
  private static final int MODEL_FILES = 3;
  private static final int MODEL_STEPS_PER_MOUNT = 1000;
  private static final int WRITERS = 3;
  private static final int LOAD_MILLIS_MAX = 700;

  /** Stressors of stress-ng that read and write files; those named with it also verify. */
  private static final String STRESSORS =
      "--hdd 1 --hdd-bytes 16m --hdd-opts wr-rnd,rd-rnd,fsync --fallocate 1 --fallocate-bytes 16m"
          + " --fpunch 1 --iomix 1 --iomix-bytes 16m"
          + " --sync-file 1 --sync-file-bytes 8m --rename 1 --link 1 --symlink 1 --dentry 1"
          + " --dentries 256 --dir 1 --xattr 1 --seek 1 --seek-size 8m";

  private final Kind kind;
  private final Random random;
  private final Daemon daemon;
  private final String backing;
  private String device;

  FileSystemTrial(Path folder, Kind kind, long seed) throws IOException, InterruptedException {
    this.kind = kind;
    random = new Random(seed);
    daemon = Daemon.started(folder, STORE_SIZE);
    device = daemon.attachNew("v", VOLUME_SIZE);
    backing = LoopDevices.backing(device);
    Shell.bash(kind.make + " " + device);
  }

  private Path mount() throws IOException, InterruptedException {
    return daemon.mount(device, "m", "discard");
  }

  private void unmountAndCheck(Path mount) throws IOException, InterruptedException {
    daemon.unmount(mount);
    Shell.bash(kind.check + " " + device);
  }

  /** Files against their models, read again after each of several mounts. */
  void model(int steps, boolean mapped) throws IOException, InterruptedException {
    List<FileModel> files = new ArrayList<>();
    for (int done = 0; done < steps; done += MODEL_FILES * MODEL_STEPS_PER_MOUNT) {
      Path mount = mount();
      for (int i = 0; i < MODEL_FILES; i++) {
        if (files.size() == i) {
          files.add(new FileModel(mount.resolve("model-" + mapped + i), mapped, random));
        } else {
          files.get(i).verify();
        }
        files.get(i).run(MODEL_STEPS_PER_MOUNT);
      }
      unmountAndCheck(mount);
    }
    Path mount = mount();
    for (FileModel file : files) {
      file.verify();
    }
    unmountAndCheck(mount);
  }

  /** What stress-ng has for file systems. */
  void stress(int seconds) throws IOException, InterruptedException {
    Path mount = mount();
    Shell.bash(
        "cd %s && stress-ng --quiet --verify --timeout %ds --temp-path . %s"
            .formatted(mount, seconds, STRESSORS));
    unmountAndCheck(mount);
  }

  /**
   * Kills the daemon under files that are made durable, mounts again, and looks at the files.
   *
   * @return how many changes were durable when they were put to the test
   */
  long crashes(int rounds) throws IOException, InterruptedException {
    List<DurableFiles> folders = new ArrayList<>();
    Path mount = mount();
    for (int i = 0; i < WRITERS; i++) {
      Random own = new Random(random.nextLong());
      folders.add(new DurableFiles(mount.resolve("durable-" + i), kind == Kind.EXT4, own));
    }
    for (int round = 0; round < rounds; round++) {
      crash(folders);
      daemon.unmount(mount);
      daemon.start();
      device = LoopDevices.device(backing);
      mount = mount();
      for (DurableFiles folder : folders) {
        folder.verify();
      }
      unmountAndCheck(mount);
      mount = mount();
    }
    daemon.unmount(mount);
    return folders.stream().mapToLong(DurableFiles::done).sum();
  }

  private void crash(List<DurableFiles> folders) throws InterruptedException {
    long before = folders.stream().mapToLong(DurableFiles::done).sum();
    List<Thread> threads = new ArrayList<>();
    for (DurableFiles folder : folders) {
      threads.add(Thread.ofPlatform().start(folder));
    }
    while (folders.stream().mapToLong(DurableFiles::done).sum() < before + WRITERS) {
      requireRunning(threads);
      Thread.sleep(1);
    }
    Thread.sleep(random.nextInt(LOAD_MILLIS_MAX));
    requireRunning(threads);
    daemon.kill();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void requireRunning(List<Thread> load) {
    if (!load.stream().allMatch(Thread::isAlive)) {
      throw new AssertionError("the load ended before the kill");
    }
  }

  @Override
  public void close() throws IOException {
    daemon.close();
  }
}
