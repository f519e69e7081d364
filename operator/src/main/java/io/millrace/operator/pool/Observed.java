package io.millrace.operator.pool;

import io.millrace.api.v1alpha1.DesktopPoolSpec;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.operator.image.VersionState;
import java.util.List;
import java.util.Optional;

/**
 * A pool and its desktops at one moment.
 *
 * @param violations what the template may not say; a pool with any makes and changes nothing
 * @param missing what the cluster lacks, if anything
 */
record Observed(
    String name,
    DesktopPoolSpec spec,
    String templateHash,
    VersionState version,
    List<Member> desktops,
    List<String> violations,
    Optional<String> missing) {

  /**
   * A desktop of the pool, in the order of slots.
   *
   * @param user who holds it, or nothing; it counts as held until its reset is proven
   * @param available whether the next claim could have it
   * @param ready whether it is as it should be
   * @param running whether it is to run while nobody holds it
   * @param imageVersion version of its clone, or nothing while it has none
   */
  record Member(
      String name,
      int slot,
      boolean terminating,
      String user,
      boolean available,
      boolean ready,
      ImageRef image,
      String templateHash,
      boolean running,
      String imageVersion) {
    boolean held() {
      return !user.isEmpty();
    }
  }

  List<Member> live() {
    return desktops.stream().filter(desktop -> !desktop.terminating()).toList();
  }

  boolean isUpdated(Member desktop) {
    return desktop.image().equals(spec.image()) && desktop.templateHash().equals(templateHash);
  }
}
