package io.millrace.e2e.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.millrace.e2e.guest.GuestStatus;
import io.millrace.e2e.guest.LoadResult;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.Volume;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What the demo measured, for people and as JSON. Filled step by step, then printed. */
final class Summary {
  double importSeconds;
  long clones;
  long cloneCopiedBytes;
  long resetMillis;
  boolean identitiesDiffer;
  boolean fileGoneAfterReset;
  long guestWrites;
  long userWrites;
  long userWriteBytes;
  long deviceWrites;
  long deviceWriteBytes;
  private long logicalBytes;
  private long physicalBytes;
  private long volumes;
  private Map<String, Map<Stage, Double>> boots = Map.of();
  private Map<String, GuestStatus> guests = new TreeMap<>();

  void boots(Map<String, Map<Stage, Double>> reached, Map<String, GuestStatus> seen) {
    boots = reached;
    guests = seen;
  }

  void load(List<LoadResult> results, Stats before, Stats after) {
    guestWrites = results.stream().mapToLong(LoadResult::writes).sum();
    userWrites = after.getUserWrites() - before.getUserWrites();
    userWriteBytes = after.getUserWriteBytes() - before.getUserWriteBytes();
    deviceWrites = after.getDeviceWrites() - before.getDeviceWrites();
    deviceWriteBytes = after.getDeviceWriteBytes() - before.getDeviceWriteBytes();
  }

  void volumes(List<Volume> all, Store store) {
    volumes = all.size();
    logicalBytes = all.stream().mapToLong(Volume::getSizeBytes).sum();
    physicalBytes = store.getPhysicalBytes();
  }

  GuestStatus guest(String desktop) {
    GuestStatus guest = guests.get(desktop);
    if (guest == null) {
      throw new IllegalStateException("no guest answered for " + desktop);
    }
    return guest;
  }

  Collection<GuestStatus> guests() {
    return guests.values();
  }

  double userWriteMeanBytes() {
    return mean(userWriteBytes, userWrites);
  }

  double deviceWriteMeanBytes() {
    return mean(deviceWriteBytes, deviceWrites);
  }

  private static double mean(long sum, long count) {
    return count == 0 ? 0 : (double) sum / (double) count;
  }

  void print(PrintStream out) {
    out.printf("%n== summary%n");
    out.printf(Locale.ROOT, "  %-34s %.1f s%n", "image import", importSeconds);
    boots.forEach(
        (desktop, stages) ->
            out.printf(
                Locale.ROOT,
                "  %-34s clone %.1f s, scheduled %.1f s, booting %.1f s, login %.1f s%n",
                desktop,
                stages.getOrDefault(Stage.CLONE_BOUND, 0.0),
                stages.getOrDefault(Stage.POD_SCHEDULED, 0.0),
                stages.getOrDefault(Stage.GUEST_BOOTING, 0.0),
                stages.getOrDefault(Stage.LOGIN_REACHED, 0.0)));
    line(out, "data bytes copied by cloning", cloneCopiedBytes + " in " + clones + " clones");
    line(out, "reset, claim's end to claimable", resetMillis + " ms");
    line(
        out,
        volumes + " volumes, logical",
        Bytes.words((double) logicalBytes) + ", physical " + Bytes.words((double) physicalBytes));
    line(
        out,
        "writes of the guests",
        String.format(Locale.ROOT, "%,d, mean %s", userWrites, Bytes.words(userWriteMeanBytes())));
    line(
        out,
        "writes to the disk",
        String.format(
            Locale.ROOT, "%,d, mean %s", deviceWrites, Bytes.words(deviceWriteMeanBytes())));
    out.printf("%n  look around (with --keep): ./dev kubectl get dp,dt,dc,gi,vm,vmi,pvc -A%n");
    out.printf("                             ./dev millrace volume list; ./dev millrace stats%n");
  }

  private static void line(PrintStream out, String what, String value) {
    out.printf("  %-34s %s%n", what, value);
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("importSeconds", importSeconds);
    json.put("bootSeconds", boots);
    json.put("guests", guests);
    json.put("clones", clones);
    json.put("cloneCopiedDataBytes", cloneCopiedBytes);
    json.put("identitiesDiffer", identitiesDiffer);
    json.put("resetMillis", resetMillis);
    json.put("fileGoneAfterReset", fileGoneAfterReset);
    json.put("volumes", volumes);
    json.put("logicalBytes", logicalBytes);
    json.put("physicalBytes", physicalBytes);
    json.put("guestLoadWrites", guestWrites);
    json.put("userWrites", userWrites);
    json.put("userWriteBytes", userWriteBytes);
    json.put("deviceWrites", deviceWrites);
    json.put("deviceWriteBytes", deviceWriteBytes);
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(folder.resolve("summary.json").toFile(), json);
  }
}
