package io.millrace.engine.daemon.serve;

import io.millrace.engine.core.StagingReport;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.attach.Attachments;
import io.millrace.engine.daemon.cli.ByteSizeConverter;
import io.millrace.engine.daemon.flight.FlightWatcher;
import io.millrace.engine.daemon.fuse.FuseServer;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.nbd.NbdSocket;
import io.millrace.engine.daemon.nbd.TlsFiles;
import io.millrace.engine.daemon.nbd.TlsListener;
import io.millrace.engine.daemon.qos.VolumeGates;
import io.millrace.engine.daemon.reactor.Reactor;
import io.millrace.engine.daemon.rpc.Engine;
import io.millrace.engine.daemon.rpc.EngineServer;
import io.millrace.engine.daemon.storage.FileStorage;
import io.millrace.engine.daemon.storage.RingFolder;
import io.millrace.engine.daemon.storage.StoreInUseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The engine of a node: opens a store, recovers it, attaches again what was attached, and serves
 * until SIGTERM.
 *
 * <p>SIGTERM: takes no more calls, releases the devices that nobody uses, flushes, checkpoints,
 * ends with 0; all within a time limit. A device in use is left bound: what its users ask fails
 * with EIO from then on, and it goes when the last of them closes it. Every attachment stays
 * remembered, so that the next daemon attaches the volume again, on the same device if that is free
 * by then.
 *
 * <p>What keeps it from starting stands on stderr and in the container's termination message. A
 * damaged store is not served: the daemon ends with 6. A store that stopped after a failed write
 * goes on to be read, and says so through GetStore and {@code /readyz}.
 */
@Command(
    name = "millraced",
    mixinStandardHelpOptions = true,
    version = "millraced 0.1.0",
    description = "Serves one store of this node as block devices.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Ended by SIGTERM or SIGINT, everything flushed",
      "1:Failure",
      "2:Wrong usage or argument",
      "6:The store is damaged; the damage is named on stderr and in the termination message"
    })
public final class Millraced implements Callable<Integer> {
  private static final Duration CALLS_LIMIT = Duration.ofSeconds(5);
  private static final Duration DEVICES_LIMIT = Duration.ofSeconds(8);

  /** Of the whole: less than a pod's grace period of 60 s, and 40 s of it are the store's own. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(53);

  private static final Path TERMINATION_MESSAGE = Path.of("/dev/termination-log");

  @Mixin private DaemonOptions options = new DaemonOptions();

  public static void main(String[] arguments) {
    CommandLine command =
        new CommandLine(new Millraced()).registerConverter(ByteSize.class, new ByteSizeConverter());
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    options
        .problem()
        .ifPresent(
            wrong -> {
              throw new CommandLine.ParameterException(new CommandLine(this), wrong);
            });
    try {
      return serve();
    } catch (StoreInUseException e) {
      return fail(ExitCode.CONFLICT, e.getMessage());
    } catch (IOException e) {
      return fail(ExitCode.FAILURE, e.getMessage());
    }
  }

  private int serve() throws IOException, InterruptedException {
    options.checkFiles();
    HealthServer health = HealthServer.start(options.healthAddress());
    formatIfMissing(health);
    say("opening %s", options.store);
    List<String> missing = Guarantees.claim();
    EventFd wake = new EventFd();
    Epoll epoll = new Epoll();
    FileStorage storage =
        FileStorage.open(options.store, wake, options.diskCalls, options.diskThreads);
    RingFolder rings = new RingFolder(options.stagingFolder, m -> say("weaker guarantee: %s", m));
    SystemClock clock = new SystemClock();
    Store store = Store.open(storage, clock, options.storeOptions(), rings);
    FlightWatcher flight = new FlightWatcher();
    store.watch(flight);
    VolumeGates gates = new VolumeGates(store, clock);
    Meters meters = new Meters(clock, storage.meter());
    FuseServer fuse = new FuseServer(store, gates, meters, epoll, options.queueDepth);
    report(missing, fuse);
    say("disk calls: %s", storage.callsText());
    CompletableFuture<StoreState> recovered = new CompletableFuture<>();
    Reactor reactor =
        new Reactor(store, meters, epoll, fuse, wake, state -> changed(state, recovered));
    reactor.start();
    Engine engine = new Engine(reactor, meters, options.store.toString());
    EngineServer rpc = EngineServer.start(options.socket, engine);
    OptionalInt nbd = bindNbd();
    health.serve(engine);
    if (recovered.join() == StoreState.DAMAGED) {
      return refuse(engine.store().getReason());
    }
    flight.recovered(reactor.ask(Store::info).join());
    Attachments attachments = restore(reactor, engine);
    serveNbd(reactor, nbd);
    stopOnSignal(rpc, health, attachments, reactor, rings);
    health.ready();
    say("serving on %s, health and metrics on %s", options.socket, health.address());
    return awaitSignal();
  }

  private void formatIfMissing(HealthServer health) throws IOException {
    ByteSize size = options.formatIfMissing;
    if (size != null) {
      options
          .firstStore()
          .makeIfMissing(
              size,
              options.sparse,
              progress -> {
                say("%s", progress);
                health.formatting(progress);
              });
    }
  }

  private static void report(List<String> missing, FuseServer fuse) {
    missing.forEach(m -> say("weaker guarantee: %s", m));
    long locked = fuse.poolLockResult();
    if (locked < 0) {
      say(
          "weaker guarantee: %s",
          Guarantees.refused("mlock of request memory", locked, "a kill may fail requests"));
    }
    say("request memory: %s", new ByteSize(fuse.poolBytes()));
  }

  private static void changed(StoreState state, CompletableFuture<StoreState> recovered) {
    if (!recovered.complete(state) && state == StoreState.STOPPED) {
      say("the store has stopped after a failed write: it only reads now; see 'store info'");
    }
  }

  private Attachments restore(Reactor reactor, Engine engine) throws IOException {
    var info = reactor.ask(Store::info).join();
    say(
        "store %s recovered in %d ms: %d volumes, %d snapshots, %s free of %s",
        info.uuid(),
        TimeUnit.NANOSECONDS.toMillis(info.recoveryNanos()),
        info.volumes(),
        info.snapshots(),
        new ByteSize(info.freeBytes()),
        new ByteSize(info.capacityBytes()));
    tellStaging(info.staging());
    Attachments attachments = new Attachments(reactor, info.uuid(), options.stateFolder);
    attachments.restore().forEach(failure -> say("not attached again: %s", failure));
    if (attachments.count() > 0) {
      say("attached %d volumes again", attachments.count());
    }
    engine.serve(attachments);
    reactor.scrub(options.scrubSchedule()).join();
    return attachments;
  }

  /** Before anything is attached, so that a socket that can't be had leaves nothing behind. */
  private OptionalInt bindNbd() throws IOException {
    Path socket = options.nbdSocket;
    return socket == null ? OptionalInt.empty() : OptionalInt.of(NbdSocket.bind(socket));
  }

  /** After the attachments: a volume that has a device is read-only here. */
  private void serveNbd(Reactor reactor, OptionalInt bound) throws IOException {
    reactor.admitNbd(options.nbdConnections).join();
    if (bound.isPresent()) {
      reactor.listenNbd(bound.getAsInt()).join();
      say("NBD on a unix socket");
    }
    String listen = options.nbdListen;
    Optional<TlsFiles> tls = options.nbdTls();
    if (listen != null && tls.isPresent()) {
      TlsListener listening =
          TlsListener.start(
              DaemonOptions.address(listen),
              tls.get(),
              fd -> reactor.adoptNbd(fd).join(),
              refusal -> say("%s", refusal));
      say("NBD with TLS on %s", listening.address());
    }
  }

  private static void tellStaging(StagingReport staging) {
    if (staging.commits() > 0) {
      say("took %d commits that a killed millraced had staged", staging.commits());
    }
    if (!staging.lost().isEmpty()) {
      say(
          "writes that were answered and not flushed are lost: the staging ring does not fit the"
              + " store: %s",
          staging.lost());
    }
  }

  /** A signal runs the virtual machine's shutdown hooks; this one ends it with a code of ours. */
  private static void stopOnSignal(
      EngineServer rpc,
      HealthServer health,
      Attachments attachments,
      Reactor reactor,
      RingFolder rings) {
    Runnable stop =
        () -> {
          rpc.close(CALLS_LIMIT);
          reactor.stopNbd().join();
          health.close();
          attachments
              .release(DEVICES_LIMIT)
              .forEach(d -> say("%s is in use: it fails until millraced is started again", d));
          int errno = reactor.close().join();
          if (errno == 0) {
            rings.remove();
          }
          say(errno == 0 ? "stopped" : "stopped; the last writes were not made durable");
          Runtime.getRuntime().halt(errno == 0 ? ExitCode.OK : ExitCode.DAMAGED);
        };
    Runnable stopInTime =
        () -> {
          Thread stopping = Thread.ofPlatform().name("millrace-stop").start(stop);
          if (!joined(stopping)) {
            say("not stopped in order within %d s: ending all the same", STOP_LIMIT.toSeconds());
          }
          Runtime.getRuntime().halt(ExitCode.FAILURE);
        };
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(stopInTime));
  }

  private static boolean joined(Thread stopping) {
    try {
      return stopping.join(STOP_LIMIT);
    } catch (InterruptedException e) {
      return false;
    }
  }

  private static int awaitSignal() throws InterruptedException {
    Thread.currentThread().join();
    return ExitCode.OK;
  }

  private int refuse(String reason) {
    return fail(
        ExitCode.DAMAGED, "store " + options.store + " is damaged and is not served: " + reason);
  }

  private int fail(int code, @Nullable String message) {
    try {
      if (Files.isWritable(TERMINATION_MESSAGE)) {
        Files.writeString(TERMINATION_MESSAGE, String.valueOf(message));
      }
    } catch (IOException e) {
      System.err.println("millraced: no termination message: " + e);
    }
    System.err.println("millraced: " + message);
    return code;
  }

  private static void say(String format, Object... arguments) {
    System.out.printf("millraced: " + format + "%n", arguments);
  }
}
