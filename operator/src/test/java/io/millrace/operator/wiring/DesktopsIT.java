package io.millrace.operator.wiring;

import static io.millrace.operator.harness.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.operator.desktop.Availability;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Eventually;
import io.millrace.operator.harness.Scene;
import io.millrace.operator.harness.SharedApiServer;
import io.millrace.operator.harness.World;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The operator against a real API server, with stand-ins for KubeVirt and the storage driver. */
@ExtendWith(SharedApiServer.class)
final class DesktopsIT {
  private static LiveOperator live;
  private static KubernetesClient client;
  private static World world;
  private Scene scene;

  @BeforeAll
  static void start(ApiServer server) {
    live = LiveOperator.on(server);
    client = live.client();
    world = live.world();
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @BeforeEach
  void begin() {
    scene = new Scene(client);
  }

  @AfterEach
  void cleanUp() {
    world.guestsStop(true);
    world.claimsAreBound(true);
    world.imports(pod -> "");
    scene.clear();
    assertEquals(List.of(), world.violations());
  }

  @Test
  void poolAppliedTogetherWithItsImageBecomesReady() {
    scene.pool(3, "v1", "");
    scene.image("v1");
    scene.eventuallyReady(3);
    assertEquals(List.of("office-0-os-1", "office-1-os-1", "office-2-os-1"), scene.diskNames());
    eventually(
        "the pool says so",
        () -> scene.poolMessage("Ready").equals("Complete: 3 of 3 ready"),
        scene::dump);
    DesktopPool pool = Objects.requireNonNull(scene.get(DesktopPool.class, "office"));
    assertEquals(3, pool.getStatus().available());
    assertEquals("millrace.io/pool=office", pool.getStatus().selector());
  }

  @Test
  void machineHasItsIdentityAndItsClone() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    GenericKubernetesResource machine = machine("office-0");
    assertEquals("RerunOnFailure", machine.get("spec", "runStrategy"));
    assertEquals("office-0", template(machine, "domain", "firmware", "serial"));
    assertEquals("office-0", template(machine, "hostname"));
    assertEquals("384Mi", template(machine, "domain", "memory", "guest"));
    assertEquals(
        "office-0-os-1", template(machine, "volumes", 0, "persistentVolumeClaim", "claimName"));
    var disk = Objects.requireNonNull(scene.get(PersistentVolumeClaim.class, "office-0-os-1"));
    assertEquals("debian.v1", disk.getSpec().getDataSource().getName());
    assertEquals("Block", disk.getSpec().getVolumeMode());
    assertEquals(
        World.NODE, disk.getMetadata().getAnnotations().get("volume.kubernetes.io/selected-node"));
  }

  @Test
  void settledPoolIsWrittenNoMore() {
    scene.image("v1");
    scene.pool(2, "v1", "");
    scene.eventuallyReady(2);
    eventually("all is said", () -> !scene.poolMessage("Ready").isEmpty(), scene::dump);
    pauseSeconds(2);
    List<String> before = scene.everything();
    scene.pool(2, "v1", "");
    scene.image("v1");
    pauseSeconds(6);
    assertEquals(before, scene.everything());
  }

  @Test
  void releasedDesktopGetsANewDiskBeforeTheNextUser() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    String mac = mac();
    scene.claim("ann");
    assertEquals("office-0", scene.eventuallyBound("ann"));
    scene.eventuallyPhase("office-0", DesktopPhase.CLAIMED);
    scene.claim("bob");
    scene.release("ann");
    assertEquals("office-0", scene.eventuallyBound("bob"));
    assertEquals(List.of("office-0-os-2"), scene.diskNames());
    assertEquals(2, Objects.requireNonNull(desktop("office-0").getSpec().claimRef()).cloneNumber());
    assertEquals(mac, mac());
    Long millis = Objects.requireNonNull(status("office-0").timings()).resetMillis();
    assertTrue(millis != null && millis > 0 && millis < 60_000, "resetMillis " + millis);
  }

  @Test
  void guestThatDoesNotStopHoldsUpItsReset() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.claim("ann");
    scene.eventuallyBound("ann");
    scene.eventuallyPhase("office-0", DesktopPhase.CLAIMED);
    world.guestsStop(false);
    scene.release("ann");
    scene.eventuallyPhase("office-0", DesktopPhase.RESETTING);
    scene.claim("bob");
    pauseSeconds(3);
    assertNotNull(desktop("office-0").getSpec().claimRef());
    assertEquals(
        "office-0-os-1",
        template(machine("office-0"), "volumes", 0, "persistentVolumeClaim", "claimName"));
    world.guestsStop(true);
    assertEquals("office-0", scene.eventuallyBound("bob"));
  }

  @Test
  void claimsWaitInTheOrderOfTheirArrival() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.claim("ann");
    scene.eventuallyBound("ann");
    scene.claim("bob");
    pauseSeconds(1);
    scene.claim("cid");
    eventually(
        "cid is second",
        () -> {
          var claim = scene.get(DesktopClaim.class, "cid");
          return claim != null
              && claim.getStatus() != null
              && Objects.equals(claim.getStatus().queuePosition(), 2);
        },
        scene::dump);
    scene.release("ann");
    scene.eventuallyBound("bob");
    scene.release("bob");
    scene.eventuallyBound("cid");
  }

  @Test
  void rolloutLeavesTheClaimedDesktopAloneAndRollsBack() {
    scene.image("v1", "v2");
    scene.pool(3, "v1", "rollout: {maxUnavailable: 1}");
    scene.eventuallyReady(3);
    scene.claim("ann");
    String held = scene.eventuallyBound("ann");
    scene.pool(3, "v2", "rollout: {maxUnavailable: 1}");
    eventually("two are on v2", () -> on("v2") == 2, scene::dump);
    scene.eventuallyReady(3);
    assertEquals("v1", status(held).imageVersion());
    scene.release("ann");
    eventually("all are on v2", () -> on("v2") == 3, scene::dump);
    scene.eventuallyReady(3);
    scene.pool(3, "v1", "rollout: {maxUnavailable: 1}");
    eventually("all are on v1 again", () -> on("v1") == 3, scene::dump);
    scene.eventuallyReady(3);
  }

  @Test
  void releaseDuringARolloutMakesOneNewDiskOnly() {
    scene.image("v1", "v2");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.claim("ann");
    scene.eventuallyBound("ann");
    scene.pool(1, "v2", "");
    scene.release("ann");
    eventually("it is on v2", () -> on("v2") == 1, scene::dump);
    scene.eventuallyReady(1);
    assertEquals(2, status("office-0").cloneNumber());
  }

  @Test
  void badVersionStopsTheRolloutAndIsReplaced() {
    scene.image("v1");
    scene.pool(2, "v1", "");
    scene.eventuallyReady(2);
    scene.pool(2, "v9", "");
    eventually(
        "the pool names the version",
        () -> scene.poolMessage("Stalled").startsWith("ImageVersionNotFound"),
        scene::dump);
    assertEquals(2, on("v1"));
    scene.pool(2, "v1", "");
    eventually("the pool is well", () -> !scene.poolMessage("Ready").isEmpty(), scene::dump);
  }

  @Test
  void scaleDownNeverTakesAClaimedDesktop() {
    scene.image("v1");
    scene.pool(3, "v1", "");
    scene.eventuallyReady(3);
    scene.claim("ann");
    String held = scene.eventuallyBound("ann");
    scene.pool(0, "v1", "");
    eventually("one is left", () -> scene.desktops().size() == 1, scene::dump);
    eventually(
        "the pool says who",
        () -> scene.poolMessage("Stalled").contains(held + " (ann)"),
        scene::dump);
    scene.release("ann");
    eventually("none is left", () -> scene.desktops().isEmpty(), scene::dump);
    eventually("no disk is left", () -> scene.diskNames().isEmpty(), scene::dump);
  }

  @Test
  void scaleUpFillsTheLowestSlots() {
    scene.image("v1");
    scene.pool(3, "v1", "");
    scene.eventuallyReady(3);
    client.resource(desktop("office-1")).delete();
    eventually(
        "office-1 is made anew",
        () ->
            scene.desktops().size() == 3
                && scene.desktop("office-1") != null
                && Scene.holds(desktop("office-1"), "Ready"),
        scene::dump);
  }

  @Test
  void stoppedPoolIsCompleteWithBoundDisksAndAClaimStartsADesktop() {
    scene.image("v1");
    scene.pool(3, "v1", "running: false, spares: 1");
    scene.eventuallyReady(3);
    scene.eventuallyPhase("office-0", DesktopPhase.READY);
    scene.eventuallyPhase("office-1", DesktopPhase.STOPPED);
    scene.eventuallyPhase("office-2", DesktopPhase.STOPPED);
    assertNull(world.instance(scene.namespace(), "office-2"));
    scene.claim("ann");
    assertEquals("office-0", scene.eventuallyBound("ann"));
    scene.eventuallyPhase("office-1", DesktopPhase.READY);
    scene.claim("bob");
    scene.eventuallyBound("bob");
    scene.eventuallyReady(3);
    scene.claim("cid");
    assertEquals("office-2", scene.eventuallyBound("cid"));
    eventually(
        "office-2 runs for cid", () -> Scene.holds(desktop("office-2"), "Ready"), scene::dump);
    assertNotNull(world.instance(scene.namespace(), "office-2"));
  }

  @Test
  void guestThatPowersItselfOffIsStartedAgainOnTheSameDisk() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    String before = uid();
    world.powerOff(scene.namespace(), "office-0");
    eventually(
        "a new instance runs",
        () ->
            world.instance(scene.namespace(), "office-0") != null
                && !uid().equals(before)
                && Scene.holds(desktop("office-0"), "Ready"),
        scene::dump);
    assertEquals(1, status("office-0").cloneNumber());
  }

  @Test
  void guestThatPowersItselfOffKeepsItsTemplateUntilItsUserReleasesIt() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.claim("ann");
    scene.eventuallyBound("ann");
    scene.pool(1, "v1", "", "512Mi");
    String before = uid();
    world.powerOff(scene.namespace(), "office-0");
    eventually(
        "a new instance runs",
        () -> world.instance(scene.namespace(), "office-0") != null && !uid().equals(before),
        scene::dump);
    assertEquals("384Mi", template(machine("office-0"), "domain", "memory", "guest"));
    scene.release("ann");
    eventually(
        "the new template is there",
        () -> "512Mi".equals(template(machine("office-0"), "domain", "memory", "guest")),
        scene::dump);
    scene.eventuallyReady(1);
  }

  @Test
  void deletedPoolLeavesNothing() {
    scene.image("v1");
    scene.pool(2, "v1", "");
    scene.eventuallyReady(2);
    scene.deletePool();
    scene.deleteImage();
    eventually("nothing is left", () -> scene.everything().isEmpty(), scene::dump);
  }

  @Test
  void templateThatReachesTheHostIsRefusedBeforeAnythingIsMade() {
    scene.image("v1");
    scene.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: DesktopPool
        metadata: {name: office}
        spec: {replicas: 1, image: {name: debian, version: v1},
          template: {spec: {volumes: [{name: x, newHostThing: {path: /}}]}}}
        """);
    eventually(
        "the pool says why",
        () -> scene.poolMessage("Stalled").startsWith("TemplateRefused: volume x: newHostThing"),
        scene::dump);
    assertEquals(List.of(), scene.desktops());
  }

  @Test
  void quotaThatRefusesADesktopIsSaidAndRaisedItGoesOn() {
    scene.image("v1");
    quota(1);
    scene.pool(2, "v1", "");
    eventually(
        "the pool says who refuses it",
        () ->
            scene.poolMessage("Stalled").startsWith("Refused: the API server refuses it:")
                && scene.poolMessage("Stalled").contains("exceeded quota"),
        scene::dump);
    scene.eventuallyReady(1);
    assertEquals(List.of("makes 1 and deletes 0 desktops"), scaled());
    quota(5);
    scene.eventuallyReady(2);
  }

  @Test
  void nameThatIsTakenIsNotToldInEachPass() {
    scene.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: Desktop
        metadata: {name: office-0}
        spec: {poolName: other, slot: 0, image: {name: x, version: v1}, templateHash: h, running: true}
        """);
    scene.image("v1");
    scene.pool(2, "v1", "");
    eventually("office-1 is ready", () -> isReady("office-1"), scene::dump);
    pauseSeconds(3);
    assertEquals(List.of("makes 1 and deletes 0 desktops"), scaled());
    client.resource(desktop("office-0")).delete();
    scene.eventuallyReady(2);
  }

  private boolean isReady(String name) {
    Desktop found = scene.desktop(name);
    return found != null && Scene.holds(found, "Ready");
  }

  /** Kubernetes' quota controller doesn't run here: its status is what admission goes by. */
  private void quota(int desktops) {
    scene.apply(
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: desktops}
        spec: {hard: {count/desktops.millrace.io: %d}}
        """
            .formatted(desktops));
    client
        .resourceQuotas()
        .inNamespace(scene.namespace())
        .withName("desktops")
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"hard\":{\"count/desktops.millrace.io\":\"%d\"},\"used\":{\"count/desktops.millrace.io\":\"%d\"}}}"
                .formatted(desktops, scene.desktops().size()));
  }

  private List<String> scaled() {
    return client.events().v1().events().inNamespace(scene.namespace()).list().getItems().stream()
        .filter(event -> "Scaled".equals(event.getReason()))
        .map(event -> event.getNote())
        .toList();
  }

  @Test
  void diskThatIsNotBoundKeepsTheDesktopFromClaims() {
    world.claimsAreBound(false);
    scene.image("v1");
    scene.pool(1, "v1", "running: false");
    scene.eventuallyPhase("office-0", DesktopPhase.CLONING);
    assertTrue(!Scene.holds(desktop("office-0"), Availability.AVAILABLE));
    world.claimsAreBound(true);
    scene.eventuallyPhase("office-0", DesktopPhase.STOPPED);
  }

  @Test
  void transitionsAreToldAsEventsOnce() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.claim("ann");
    scene.eventuallyBound("ann");
    scene.eventuallyPhase("office-0", DesktopPhase.CLAIMED);
    scene.release("ann");
    scene.eventuallyPhase("office-0", DesktopPhase.READY);
    Eventually.eventually(
        "the second DesktopReady", () -> Collections.frequency(told(), "DesktopReady") == 2);
    assertEquals(
        List.of("DesktopClaimed", "DesktopReady", "DesktopReady", "ResetDone", "ResetStarted"),
        told().stream().filter(reason -> !reason.equals("DesktopStalled")).toList());
  }

  @Test
  void updateOfADesktopThatNobodyHasIsNotToldAsAReset() {
    scene.image("v1", "v2");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.pool(1, "v2", "");
    eventually("it is on v2", () -> on("v2") == 1, scene::dump);
    scene.eventuallyReady(1);
    eventually("the second DesktopReady", () -> Collections.frequency(told(), "DesktopReady") == 2);
    assertEquals(
        List.of("DesktopReady", "DesktopReady", "UpdateDone", "UpdateStarted"),
        told().stream().filter(reason -> !reason.equals("DesktopStalled")).toList());
    assertNull(Objects.requireNonNull(status("office-0").timings()).resetMillis());
  }

  private List<String> told() {
    return client.events().v1().events().inNamespace(scene.namespace()).list().getItems().stream()
        .filter(event -> "Desktop".equals(event.getRegarding().getKind()))
        .map(event -> event.getReason())
        .sorted()
        .toList();
  }

  @Test
  void disksAreNotSharedBetweenSlots() {
    scene.image("v1");
    scene.pool(2, "v1", "");
    scene.eventuallyReady(2);
    assertNotEquals(
        template(machine("office-0"), "domain", "firmware", "uuid"),
        template(machine("office-1"), "domain", "firmware", "uuid"));
  }

  private Desktop desktop(String name) {
    return Objects.requireNonNull(scene.desktop(name));
  }

  private DesktopStatus status(String name) {
    return desktop(name).getStatus();
  }

  private GenericKubernetesResource machine(String name) {
    return Objects.requireNonNull(world.machine(scene.namespace(), name));
  }

  private String mac() {
    return template(machine("office-0"), "domain", "devices", "interfaces", 0, "macAddress")
        .toString();
  }

  private String uid() {
    GenericKubernetesResource instance = world.instance(scene.namespace(), "office-0");
    return instance == null ? "" : instance.getMetadata().getUid();
  }

  private long on(String version) {
    return scene.desktops().stream()
        .filter(d -> d.getStatus() != null && version.equals(d.getStatus().imageVersion()))
        .count();
  }

  private static Object template(GenericKubernetesResource machine, Object... path) {
    Object[] full = new Object[path.length + 3];
    full[0] = "spec";
    full[1] = "template";
    full[2] = "spec";
    System.arraycopy(path, 0, full, 3, path.length);
    return Objects.requireNonNull(machine.get(full));
  }

  private static void pauseSeconds(int seconds) {
    Instant end = Instant.now().plusSeconds(seconds);
    while (Instant.now().isBefore(end)) {
      Eventually.pause();
    }
  }
}
