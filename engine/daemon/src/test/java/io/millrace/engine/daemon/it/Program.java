package io.millrace.engine.daemon.it;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A program of ours as it is installed, run as a process of its own. */
enum Program {
  MILLRACE("millrace", "MILLRACE_JAVA_OPTS"),
  MILLRACED("millraced", "MILLRACED_JAVA_OPTS");

  private static final Path APP =
      Path.of(System.getProperty("millrace.app", "target/app")).toAbsolutePath();

  private final String name;
  private final String javaOptions;

  Program(String name, String javaOptions) {
    this.name = name;
    this.javaOptions = javaOptions;
  }

  ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(APP.resolve("bin/" + name).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    if (Files.exists(classCache())) {
      builder.environment().put(javaOptions, "-Xlog:disable -XX:AOTCache=" + classCache());
    }
    return builder;
  }

  /** Runs it to its end. */
  Shell.Result run(String... arguments) throws IOException, InterruptedException {
    return Shell.run(command(arguments));
  }

  // ---- classes that were loaded and linked before, which halves what a start takes

  private Path classCache() {
    return APP.resolveSibling(name + ".aot");
  }

  /** Whether a start would find all it loads; not when the program was built anew since. */
  boolean hasClassCache() throws IOException {
    if (!Files.exists(classCache())) {
      return false;
    }
    FileTime made = Files.getLastModifiedTime(classCache());
    try (Stream<Path> jars = Files.list(APP.resolve("lib"))) {
      for (Path jar : jars.toList()) {
        if (Files.getLastModifiedTime(jar).compareTo(made) > 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Held by whoever makes it: several test runners start daemons at a time. */
  FileChannel classCacheLock() throws IOException {
    Path lock = APP.resolveSibling(name + ".aot.lock");
    return FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** Like {@link #command}, but at its orderly end it writes that file. */
  ProcessBuilder recording(Path file, String... arguments) {
    ProcessBuilder builder = command(arguments);
    builder.environment().put(javaOptions, "-Xlog:disable -XX:AOTCacheOutput=" + file);
    return builder;
  }

  /** From now on this is what it starts from. */
  void takeClassCache(Path file) throws IOException {
    Files.move(
        file, classCache(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
