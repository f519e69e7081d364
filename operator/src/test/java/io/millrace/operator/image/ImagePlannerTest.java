package io.millrace.operator.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.api.v1alpha1.GoldenImageSpec;
import io.millrace.api.v1alpha1.HttpSource;
import io.millrace.api.v1alpha1.ImageFormat;
import io.millrace.api.v1alpha1.ImageSource;
import io.millrace.api.v1alpha1.ImageVersion;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.api.v1alpha1.PvcSource;
import io.millrace.operator.image.Action.DeleteSnapshot;
import io.millrace.operator.image.Action.DiscardHalfImport;
import io.millrace.operator.image.Action.EndImport;
import io.millrace.operator.image.Action.StartImport;
import io.millrace.operator.image.Action.TakeSnapshot;
import io.millrace.operator.image.Observed.Failure;
import io.millrace.operator.image.Observed.ImportClaim;
import io.millrace.operator.image.Observed.ImportPod;
import io.millrace.operator.image.Observed.Snapshot;
import io.millrace.operator.image.Observed.SourceVolume;
import io.millrace.operator.image.Observed.Stage;
import io.millrace.operator.image.Observed.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImagePlannerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void listedVersionIsImported() {
    assertEquals(List.of(new StartImport("v1", 0)), new Case().actions());
  }

  @Test
  void claimOfAPvcSourceIsSnapshotted() {
    Case c = new Case();
    c.source = new ImageSource(null, new PvcSource("master"));
    c.volume = Optional.of(new SourceVolume(true, true, "node1"));
    assertEquals(List.of(new TakeSnapshot("v1", "master", "node1", "")), c.actions());
  }

  @Test
  void volumeWithAFileSystemIsNoSource() {
    Case c = new Case();
    c.source = new ImageSource(null, new PvcSource("master"));
    c.volume = Optional.of(new SourceVolume(false, true, "node1"));
    assertEquals(List.of(), c.actions());
    assertEquals("SourceNotBlock", c.plan().stalled());
  }

  @Test
  void sourceThatIsNotThereOrNotBoundIsWaitedFor() {
    Case c = new Case();
    c.source = new ImageSource(null, new PvcSource("master"));
    assertEquals(List.of(), c.actions());
    assertEquals("SourceNotFound", c.status().reason());
    c.volume = Optional.of(new SourceVolume(true, false, ""));
    assertEquals(List.of(), c.actions());
    assertEquals("SourceNotBound", c.status().reason());
    assertEquals("", c.plan().stalled());
  }

  @Test
  void podThatWaitsForItsClaimGetsIt() {
    Case c = new Case().pod(Stage.WAITING, 0, "");
    c.claim = Optional.empty();
    assertEquals(List.of(new StartImport("v1", 0)), c.actions());
  }

  @Test
  void runningImportIsLeftAlone() {
    assertEquals(List.of(), new Case().pod(Stage.RUNNING, 0, "").actions());
  }

  @Test
  void finishedImportIsSnapshotted() {
    assertEquals(
        List.of(new TakeSnapshot("v1", "debian.v1.import", "node1", "sha256:" + "0".repeat(64))),
        new Case().pod(Stage.SUCCEEDED, 0, "").actions());
  }

  @Test
  void importStaysUntilItsSnapshotIsReady() {
    Case c = new Case().pod(Stage.SUCCEEDED, 0, "").snapshot(false);
    assertEquals(List.of(), c.actions());
    assertEquals(ImageVersionPhase.SNAPSHOTTING, c.status().phase());
    c.snapshot(true);
    assertEquals(List.of(new EndImport("v1")), c.actions());
    assertEquals(ImageVersionPhase.READY, c.status().phase());
    assertEquals("debian.v1", c.status().snapshotName());
  }

  @Test
  void failureIsNotedBeforeItIsCleanedUp() {
    Case c = new Case().pod(Stage.FAILED, 0, "Unreachable no answer");
    assertEquals(List.of(), c.actions());
    assertEquals("Unreachable", c.status().reason());
    assertEquals("no answer", c.status().message());
    assertEquals(1, c.status().failures());
    assertEquals(NOW.plusSeconds(10).toString(), c.status().retryAt());
    c.noted(1, "Unreachable", NOW.plusSeconds(10));
    assertEquals(List.of(new EndImport("v1")), c.actions());
    assertEquals("Unreachable", c.status().reason());
  }

  @Test
  void failureStaysNotedWhileItIsCleanedUp() {
    Case c = new Case().noted(1, "DigestMismatch", NOW.plusSeconds(600));
    c.claim = Optional.of(new ImportClaim(true, true));
    assertEquals(List.of(), c.actions());
    assertEquals("DigestMismatch", c.status().reason());
  }

  @Test
  void importIsTriedAgainWhenItIsTime() {
    Case c = new Case().noted(2, "Unreachable", NOW.plusSeconds(1));
    assertEquals(List.of(), c.actions());
    assertEquals(Optional.of(NOW.plusSeconds(1)), c.plan().nextLook());
    c.noted(2, "Unreachable", NOW);
    assertEquals(List.of(new StartImport("v1", 2)), c.actions());
    assertEquals(2, c.status().failures());
  }

  @Test
  void hopelessImageStallsAndIsNotTriedAgain() {
    Case c = new Case();
    c.failures = 1;
    c.failure = Optional.of(new Failure("HasBackingFile", "flatten it", Optional.empty()));
    assertEquals(List.of(), c.actions());
    assertEquals("HasBackingFile", c.plan().stalled());
  }

  @Test
  void importerThatEndedWithoutAWordWasInterrupted() {
    Case c = new Case().pod(Stage.FAILED, 0, "OOMKilled whatever");
    assertEquals("Interrupted", c.status().reason());
    assertEquals("the importer was interrupted: OOMKilled whatever", c.status().message());
  }

  @Test
  void claimWhosePodIsLostIsNeverFilledAgain() {
    Case c = new Case();
    c.claim = Optional.of(new ImportClaim(true, false));
    assertEquals(List.of(new DiscardHalfImport("v1")), c.actions());
  }

  @Test
  void unlistedVersionGoesWhenNobodyUsesIt() {
    Case c = new Case().snapshot(true);
    c.listed = false;
    assertEquals(List.of(new DeleteSnapshot("v1")), c.actions());
    assertEquals(List.of(), c.plan().versions());
  }

  @Test
  void unlistedVersionStaysWhileItIsUsed() {
    Case c = new Case().snapshot(true);
    c.listed = false;
    c.users = List.of("pool office", "desktop office-0");
    assertEquals(List.of(), c.actions());
    assertEquals(ImageVersionPhase.RETIRING, c.status().phase());
    assertEquals(
        "taken off the list, kept while used by pool office, desktop office-0",
        c.status().message());
  }

  @Test
  void importOfAnUnlistedVersionIsEnded() {
    Case c = new Case().pod(Stage.RUNNING, 0, "");
    c.listed = false;
    assertEquals(List.of(new EndImport("v1")), c.actions());
  }

  @Test
  void snapshotOfSomebodyElseIsNotTaken() {
    Case c = new Case().snapshot(true);
    c.snapshot = c.snapshot.map(s -> new Snapshot(false, false, true, 1, "", "", ""));
    assertEquals("NameTaken", c.status().reason());
    assertEquals(List.of(), c.actions());
  }

  @Test
  void refusedVersionWaitsAndSaysWhy() {
    Plan plan = new Case().plan().refused(Map.of("v1", "the API server refuses it: quota"));
    assertEquals("Refused", plan.stalled());
    assertEquals("v1: the API server refuses it: quota", plan.message());
    assertEquals(ImageVersionPhase.PENDING, plan.versions().getFirst().phase());
    assertEquals("Refused", plan.versions().getFirst().reason());
  }

  @Test
  void refusedVersionIsTriedAgainAndItsFailuresStayCounted() {
    Case c = new Case().noted(2, "Unreachable", NOW);
    assertEquals(2, c.plan().refused(Map.of("v1", "no")).versions().getFirst().failures());
  }

  @Test
  void versionThatCanBeClonedStaysSoWhenItsCleaningIsRefused() {
    Case c = new Case().pod(Stage.SUCCEEDED, 0, "").snapshot(true);
    Plan plan = c.plan().refused(Map.of("v1", "no"));
    assertEquals(ImageVersionPhase.READY, plan.versions().getFirst().phase());
    assertEquals("Refused", plan.stalled());
  }

  @ParameterizedTest
  @CsvSource({
    "Unreachable,1,PT10S",
    "Unreachable,2,PT20S",
    "Truncated,4,PT1M20S",
    "Unreachable,50,PT5M",
    "DigestMismatch,1,PT10M",
    "NoSpace,3,PT10M",
    "DiskFailed,1,PT10S",
    "Broken,1,PT10S",
    "Interrupted,1,PT10S"
  })
  void whatCanGetBetterIsTriedAgain(String reason, int failures, Duration wait) {
    assertEquals(Optional.of(wait), ImportFailure.of(reason).retryAfter(failures));
  }

  @ParameterizedTest
  @CsvSource({"FormatMismatch", "HasBackingFile", "HasExternalDataFile", "TooLarge"})
  void whatIsWrongWithTheFileItselfIsNot(String reason) {
    assertEquals(reason, ImportFailure.of(reason).text());
    assertEquals(Optional.empty(), ImportFailure.of(reason).retryAfter(1));
  }

  /** One version under construction: listed, from a file, nothing made yet. */
  private static final class Case {
    private boolean listed = true;
    private ImageSource source =
        new ImageSource(new HttpSource("http://x/", "0".repeat(64), ImageFormat.RAW), null);
    private Optional<SourceVolume> volume = Optional.empty();
    private Optional<Snapshot> snapshot = Optional.empty();
    private Optional<ImportPod> pod = Optional.empty();
    private Optional<ImportClaim> claim = Optional.empty();
    private int failures;
    private Optional<Failure> failure = Optional.empty();
    private List<String> users = List.of();

    Case pod(Stage stage, int attempt, String result) {
      pod = Optional.of(new ImportPod(stage, attempt, false, "node1", result, ""));
      claim = Optional.of(new ImportClaim(true, false));
      return this;
    }

    Case snapshot(boolean ready) {
      snapshot = Optional.of(new Snapshot(true, false, ready, 1 << 30, "node1", "sha256:0", ""));
      return this;
    }

    Case noted(int count, String reason, Instant retryAt) {
      failures = count;
      failure = Optional.of(new Failure(reason, "as noted", Optional.of(retryAt)));
      return this;
    }

    List<Action> actions() {
      return plan().actions();
    }

    ImageVersionStatus status() {
      return plan().versions().getFirst();
    }

    Plan plan() {
      Version version =
          new Version(
              "v1", "debian.v1", listed, volume, snapshot, pod, claim, failures, failure, users);
      return ImagePlanner.plan(
          new Observed(
              "debian",
              new GoldenImageSpec(
                  "millrace", "millrace", List.of(new ImageVersion("v1", source, "1Gi"))),
              List.of(version),
              users,
              Optional.empty(),
              NOW));
    }
  }
}
