package io.millrace.e2e.demo;

import io.millrace.api.v1alpha1.Desktop;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.guest.Guest;
import io.millrace.e2e.guest.GuestStatus;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Looks at the desktops of a pool, over and over, and reports what each of them has reached. */
final class BootWatch {
  private static final Set<String> SCHEDULED = Set.of("Scheduled", "Running");

  private final Cluster cluster;
  private final String pool;
  private final Progress progress;
  private final Map<String, GuestStatus> guests = new TreeMap<>();

  BootWatch(Cluster cluster, String pool, Progress progress) {
    this.cluster = cluster;
    this.pool = pool;
    this.progress = progress;
  }

  /** One look; true when {@code count} desktops have their login prompt. */
  boolean look(int count) throws InterruptedException {
    for (Desktop desktop : cluster.desktops(pool)) {
      lookAt(desktop);
    }
    return guests.size() >= count;
  }

  /** What the guests said when their login prompt was seen first, by desktop. */
  Map<String, GuestStatus> guests() {
    return guests;
  }

  private void lookAt(Desktop desktop) throws InterruptedException {
    String name = desktop.getMetadata().getName();
    progress.reached(name, Stage.CREATED, null);
    if (guests.containsKey(name)) {
      return;
    }
    boundClone(desktop).ifPresent(pvc -> progress.reached(name, Stage.CLONE_BOUND, pvc));
    String phase = String.valueOf(cluster.machineStatus(name).get("phase"));
    if (SCHEDULED.contains(phase)) {
      progress.reached(name, Stage.POD_SCHEDULED, null);
    }
    if (phase.equals("Running")) {
      progress.reached(name, Stage.GUEST_BOOTING, null);
      askGuest(name);
    }
  }

  private Optional<String> boundClone(Desktop desktop) {
    String pvc = desktop.getStatus() == null ? null : desktop.getStatus().pvcName();
    if (pvc == null || progress.hasReached(desktop.getMetadata().getName(), Stage.CLONE_BOUND)) {
      return Optional.empty();
    }
    return Optional.ofNullable(cluster.volumeClaims().withName(pvc).get())
        .filter(claim -> "Bound".equals(claim.getStatus().getPhase()))
        .map(claim -> pvc);
  }

  private void askGuest(String name) throws InterruptedException {
    Optional<String> address = address(cluster.machineStatus(name));
    if (address.isEmpty()) {
      return;
    }
    Optional<GuestStatus> login =
        new Guest(address.get()).status().filter(GuestStatus::loginReached);
    login.ifPresent(
        guest -> {
          guests.put(name, guest);
          progress.reached(
              name,
              Stage.LOGIN_REACHED,
              String.format(Locale.ROOT, "guest says %.1f s after power-on", guest.bootSeconds()));
        });
  }

  private static Optional<String> address(Map<String, Object> status) {
    return status.get("interfaces") instanceof Iterable<?> interfaces
            && interfaces.iterator().hasNext()
        ? Optional.ofNullable(States.map(interfaces.iterator().next()).get("ipAddress"))
            .map(Object::toString)
        : Optional.empty();
  }
}
