package io.millrace.e2e.demo;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.e2e.cluster.CloneCost;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.EngineClient;
import io.millrace.e2e.cluster.SampleImage;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import io.millrace.e2e.guest.Guest;
import io.millrace.e2e.guest.GuestStatus;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job on a cluster that has Millrace: image, pool, claim, reset, load, summary. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Shows the main job on a cluster that has Millrace installed.")
public final class Demo implements Callable<Integer> {
  private static final String NAMESPACE = "demo";
  private static final String POOL = "office";
  private static final Duration IMPORT_LIMIT = Duration.ofMinutes(5);
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);
  private static final Duration LOAD_TIME = Duration.ofSeconds(15);

  @Option(
      names = "--desktops",
      defaultValue = "3",
      description = "size of the pool (default: ${DEFAULT-VALUE})")
  int desktops;

  @Option(
      names = "--out",
      defaultValue = "target/demo",
      description = "folder for the summary as JSON (default: ${DEFAULT-VALUE})")
  Path out = Path.of("target/demo");

  private final PrintStream terminal = System.out;
  private final Summary summary = new Summary();

  public static void main(String[] args) {
    System.exit(new CommandLine(new Demo()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (desktops < 1 || desktops > 20) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--desktops must be 1 to 20: guests are emulated here");
    }
    try (KubernetesClient client = new KubernetesClientBuilder().build();
        EngineClient engine = EngineClient.onThisNode()) {
      Cluster cluster = new Cluster(client, NAMESPACE);
      importImage(cluster);
      List<Desktop> booted = bootPool(cluster, engine);
      compareGuests(booted);
      claimWriteRelease(cluster);
      runLoad(cluster, engine);
      summary.volumes(engine.volumes(), engine.store());
    }
    summary.print(terminal);
    summary.write(out);
    return 0;
  }

  private void importImage(Cluster cluster) throws Exception {
    step("golden image: kubectl apply -f manifests/samples/image.yaml");
    String digest = SampleImage.sha256("debian-v1.raw");
    long start = System.nanoTime();
    cluster.apply(Path.of("manifests/samples/image.yaml"), yaml -> withDigest(yaml, digest));
    GoldenImage image =
        Waiting.until(
            "golden image debian ready",
            IMPORT_LIMIT,
            () ->
                Optional.of(cluster.image("debian"))
                    .filter(found -> States.isTrue(found, "Ready")));
    summary.importSeconds = secondsSince(start);
    say(
        "imported, verified and snapshotted in %.1f s as %s",
        summary.importSeconds, String.valueOf(States.versions(image).getFirst().snapshotName()));
  }

  /** The sample carries zeros where the digest of the image that was built here belongs. */
  static String withDigest(String yaml, String digest) {
    return yaml.replace("0".repeat(64), digest);
  }

  private List<Desktop> bootPool(Cluster cluster, EngineClient engine) throws Exception {
    step("pool of " + desktops + ": kubectl apply -f manifests/samples/pool.yaml");
    Stats statsBefore = engine.stats();
    Store storeBefore = engine.store();
    Progress progress = new Progress(terminal);
    cluster.apply(
        Path.of("manifests/samples/pool.yaml"),
        yaml -> yaml.replaceFirst("replicas: \\d+", "replicas: " + desktops));
    BootWatch watch = new BootWatch(cluster, POOL, progress);
    Waiting.untilTrue(
        desktops + " desktops with a login prompt", BOOT_LIMIT, () -> watch.look(desktops));
    summary.boots(progress.all(), watch.guests());
    CloneCost cost = CloneCost.between(statsBefore, storeBefore, engine.stats(), engine.store());
    summary.clones = cost.clones();
    summary.cloneCopiedBytes = cost.copiedBytes();
    say(
        "%d clones made; the store has grown by %s, the guests wrote %s: %d data bytes copied",
        cost.clones(),
        Bytes.words((double) cost.grownBytes()),
        Bytes.words((double) cost.writtenBytes()),
        cost.copiedBytes());
    return cluster.desktops(POOL);
  }

  private void compareGuests(List<Desktop> booted) {
    step("each guest is its own machine");
    for (Desktop desktop : booted) {
      GuestStatus guest = summary.guest(desktop.getMetadata().getName());
      say(
          "%-12s host %s  machine-id %s  MAC %s",
          desktop.getMetadata().getName(), guest.hostname(), guest.machineId(), guest.mac());
    }
    summary.identitiesDiffer = Identities.differ(summary.guests());
    if (!summary.identitiesDiffer) {
      throw new IllegalStateException("two guests share a host name, machine-id or MAC");
    }
  }

  private void claimWriteRelease(Cluster cluster) throws Exception {
    step("claim a desktop, write a file, release it");
    cluster.apply(Path.of("manifests/samples/claim.yaml"), yaml -> yaml);
    Desktop claimed = cluster.awaitBound("ann", Duration.ofMinutes(2));
    String name = claimed.getMetadata().getName();
    Guest guest = States.guest(claimed);
    guest.write("diary.txt", "written by ann");
    say("%s is ann's; in its folder: %s", name, filesOf(guest));
    cluster.release("ann");
    say("released; it can be claimed again only when its reset is proven");
    Desktop reset = awaitReset(cluster, name, States.cloneNumber(claimed));
    summary.resetMillis = States.resetMillis(reset);
    GuestStatus clean = Cluster.awaitLogin(reset, BOOT_LIMIT);
    summary.fileGoneAfterReset = !clean.files().contains("diary.txt");
    say(
        "%s: clone %d in place after %.1f s, booted again; in its folder: %s",
        name, States.cloneNumber(reset), summary.resetMillis / 1000.0, clean.files());
    if (!summary.fileGoneAfterReset) {
      throw new IllegalStateException("the file of the last user is still there after the reset");
    }
  }

  private static Desktop awaitReset(Cluster cluster, String name, int oldClone) {
    return Waiting.until(
        name + " reset and ready",
        BOOT_LIMIT,
        () ->
            Optional.of(cluster.desktop(name))
                .filter(now -> States.isReady(now) && States.cloneNumber(now) > oldClone));
  }

  private void runLoad(Cluster cluster, EngineClient engine) throws Exception {
    step("random 4 KiB writes in every guest for " + LOAD_TIME.toSeconds() + " s");
    List<Guest> guests = cluster.desktops(POOL).stream().map(States::guest).toList();
    Stats before = engine.stats();
    summary.load(GuestLoad.run(guests, LOAD_TIME), before, engine.stats());
    say(
        "guests wrote %,d times, %s on average; the disk was written %,d times, %s on average",
        summary.userWrites,
        Bytes.words(summary.userWriteMeanBytes()),
        summary.deviceWrites,
        Bytes.words(summary.deviceWriteMeanBytes()));
  }

  private static List<String> filesOf(Guest guest) throws InterruptedException {
    return guest.status().map(GuestStatus::files).orElse(List.of());
  }

  private void step(String words) {
    terminal.printf("%n== %s%n", words);
  }

  private void say(String format, Object... arguments) {
    terminal.printf(Locale.ROOT, "  " + format + "%n", arguments);
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
