package io.millrace.engine.daemon.serve;

import io.millrace.engine.core.ScrubSchedule;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.nbd.TlsFiles;
import io.millrace.engine.daemon.storage.DiskSubmission;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a daemon is told to run. */
final class DaemonOptions {
  private static final int NBD_CONNECTIONS_MAX = 256;
  private static final Duration FIRST_SCRUB = Duration.ofMinutes(10);

  @Option(
      names = "--store",
      required = true,
      paramLabel = "PATH",
      description = "File or block device that holds the store.")
  Path store = Path.of("");

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      defaultValue = "/run/millrace/engine.sock",
      description = "Unix socket of the gRPC server; default ${DEFAULT-VALUE}.")
  Path socket = Path.of("");

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/millrace/state",
      description =
          "Where it is remembered which volumes are attached, one folder per store; default"
              + " ${DEFAULT-VALUE}.")
  Path stateFolder = Path.of("");

  @Option(
      names = "--staging-dir",
      paramLabel = "DIR",
      defaultValue = "/run/millrace",
      description =
          "Where answered writes outlive a kill until they are in the store: a file per store, on"
              + " tmpfs; default ${DEFAULT-VALUE}.")
  Path stagingFolder = Path.of("");

  @Option(
      names = "--health",
      paramLabel = "[HOST:]PORT",
      defaultValue = "9810",
      description = "HTTP port of /healthz, /readyz and /metrics; default ${DEFAULT-VALUE}.")
  String health = "";

  @Option(
      names = "--format-if-missing",
      paramLabel = "SIZE",
      description =
          "Lay out a store of this size when the file does not exist and, by --format-notes, never"
              + " did.")
  @Nullable ByteSize formatIfMissing;

  @Option(
      names = "--format-notes",
      paramLabel = "DIR",
      description =
          "With --format-if-missing: where it is noted that there is a store, so that one that is"
              + " missing later is missed and not made anew. On another file system than the store,"
              + " which may be what is missing; default the --state-dir.")
  @Nullable Path formatNotes;

  @Option(
      names = "--sparse",
      description = "With --format-if-missing: do not write zeros over the file first.")
  boolean sparse;

  @Option(
      names = "--cache",
      paramLabel = "SIZE",
      defaultValue = "64MiB",
      description = "Memory of the read cache; default ${DEFAULT-VALUE}.")
  ByteSize cache = new ByteSize(0);

  @Option(
      names = {"--map-memory", "--maps"},
      paramLabel = "SIZE",
      defaultValue = "128MiB",
      description = {
        "Most memory of the block maps; default ${DEFAULT-VALUE}.",
        "What does not fit stays on the disk until it is asked for."
      })
  ByteSize maps = new ByteSize(0);

  @Option(
      names = "--disk-calls",
      paramLabel = "HOW",
      defaultValue = "auto",
      description =
          "How calls get to the disk: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}, which is"
              + " io_uring where the kernel has it.")
  DiskSubmission diskCalls = DiskSubmission.AUTO;

  @Option(
      names = "--disk-threads",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "Calls at the disk at a time where threads make them; default ${DEFAULT-VALUE}.")
  int diskThreads;

  @Option(
      names = "--queue-depth",
      paramLabel = "N",
      defaultValue = "128",
      description = "Requests under way per attached volume; default ${DEFAULT-VALUE}.")
  int queueDepth;

  @Option(
      names = "--nbd-socket",
      paramLabel = "PATH",
      description =
          "Serve volumes and snapshots by NBD on this unix socket, in a folder that is this user's"
              + " alone (0700; made if missing).")
  @Nullable Path nbdSocket;

  @Option(
      names = "--nbd-connections",
      paramLabel = "N",
      defaultValue = "32",
      description = {
        "NBD clients served at a time, 1 to 256; default ${DEFAULT-VALUE}.",
        "Each takes 4.1 MiB of memory from its first request on; it is kept for the next."
      })
  int nbdConnections;

  @Option(
      names = "--nbd-listen",
      paramLabel = "[HOST:]PORT",
      description =
          "Serve NBD on TCP, too: only with TLS, and to clients with a certificate of --nbd-tls-ca.")
  @Nullable String nbdListen;

  @Option(
      names = "--nbd-tls-cert",
      paramLabel = "FILE",
      description = "Certificate of this server and those between it and the CA, in PEM.")
  @Nullable Path nbdTlsCert;

  @Option(
      names = "--nbd-tls-key",
      paramLabel = "FILE",
      description = "Its key: PKCS #8 in PEM, not encrypted.")
  @Nullable Path nbdTlsKey;

  @Option(
      names = "--nbd-tls-ca",
      paramLabel = "FILE",
      description = "Certificates, in PEM, of the CA that NBD clients must be of.")
  @Nullable Path nbdTlsCa;

  @Option(
      names = "--scrub-rate",
      paramLabel = "SIZE",
      defaultValue = "16MiB",
      description =
          "Read so much per second, at most, to look for damage; 0: never. Default"
              + " ${DEFAULT-VALUE}.")
  ByteSize scrubRate = new ByteSize(0);

  @Option(
      names = "--scrub-days",
      paramLabel = "N",
      defaultValue = "14",
      description =
          "Begin to look so many days after the last time, and ten minutes after the start; 0: only"
              + " by 'millrace store scrub'. Default ${DEFAULT-VALUE}.")
  int scrubDays;

  ScrubSchedule scrubSchedule() {
    return new ScrubSchedule(
        scrubRate.bytes(),
        Duration.ofDays(scrubDays).toNanos(),
        scrubDays == 0 ? 0 : FIRST_SCRUB.toNanos());
  }

  /** What is wrong with them that picocli can't see. */
  Optional<String> problem() {
    boolean anyTls = nbdTlsCert != null || nbdTlsKey != null || nbdTlsCa != null;
    if (nbdConnections < 1 || nbdConnections > NBD_CONNECTIONS_MAX) {
      return Optional.of("--nbd-connections " + nbdConnections + ": 1 to 256 are possible");
    }
    if (nbdListen != null && nbdTls().isEmpty()) {
      return Optional.of(
          "--nbd-listen wants --nbd-tls-cert, --nbd-tls-key and --nbd-tls-ca: there is no NBD on"
              + " TCP without TLS and clients' certificates");
    }
    return nbdListen == null && anyTls
        ? Optional.of("--nbd-tls-cert, --nbd-tls-key and --nbd-tls-ca are for --nbd-listen")
        : Optional.empty();
  }

  /** Throws when one of them can't be used; before anything is begun. */
  void checkFiles() throws IOException {
    Optional<TlsFiles> tls = nbdTls();
    if (tls.isPresent()) {
      tls.get().check();
    }
  }

  /** All of the three files, or nothing. */
  Optional<TlsFiles> nbdTls() {
    Path cert = nbdTlsCert;
    Path key = nbdTlsKey;
    Path ca = nbdTlsCa;
    return cert == null || key == null || ca == null
        ? Optional.empty()
        : Optional.of(new TlsFiles(cert, key, ca));
  }

  FirstStore firstStore() {
    return new FirstStore(store, formatNotes == null ? stateFolder : formatNotes);
  }

  StoreOptions storeOptions() {
    return StoreOptions.defaults().withCacheBytes(cache.bytes()).withMapBytesMax(maps.bytes());
  }

  InetSocketAddress healthAddress() {
    return address(health);
  }

  static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    int port = Integer.parseInt(text.substring(colon + 1));
    return colon < 0
        ? new InetSocketAddress(port)
        : new InetSocketAddress(text.substring(0, colon), port);
  }
}
