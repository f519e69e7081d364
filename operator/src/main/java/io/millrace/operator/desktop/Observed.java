package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.DesktopSpec;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.operator.image.VersionState;
import java.util.List;
import java.util.Optional;

/**
 * One desktop and all that its plan depends on, at one moment.
 *
 * @param availableToClaims whether a claim could take the desktop while this pass runs
 * @param version state of the version that the desktop is to be on
 * @param node where a new clone would go; empty if no node can take one
 * @param missing what the cluster lacks, if anything
 */
record Observed(
    String name,
    DesktopSpec spec,
    boolean terminating,
    boolean availableToClaims,
    Holder holder,
    Optional<Pool> pool,
    VersionState version,
    Optional<Machine> machine,
    Optional<Instance> instance,
    List<Clone> clones,
    Optional<String> node,
    Optional<String> missing) {

  /** Who holds the desktop. */
  enum Holder {
    NOBODY,
    /** A claim that exists. */
    CLAIM,
    /** A claim that has gone: the desktop must be reset before anybody else gets it. */
    NO_MORE
  }

  /**
   * What the desktop's pool asks for now.
   *
   * @param imageReady whether the pool's image version can be cloned
   * @param diskBytes size that a clone is to have at least, or 0
   */
  record Pool(ImageRef image, boolean imageReady, String templateHash, long diskBytes) {}

  /**
   * The virtual machine.
   *
   * @param ours whether this desktop controls it; else somebody holds its name
   * @param cloneNumber the clone that it has as its disk
   * @param handledStrategy the run strategy that KubeVirt has acted on, or nothing if it never ran
   * @param poweredOff whether the guest ended its last instance
   */
  record Machine(
      boolean ours,
      boolean terminating,
      int cloneNumber,
      String strategy,
      String handledStrategy,
      boolean poweredOff,
      String templateHash,
      String trouble) {
    boolean is(RunStrategy wanted) {
      return strategy.equals(wanted.text());
    }

    /** Whether KubeVirt knows that the machine is to stay off; a machine that never ran is. */
    boolean haltIsHandled() {
      return is(RunStrategy.HALTED)
          && (handledStrategy.isEmpty() || handledStrategy.equals(RunStrategy.HALTED.text()));
    }
  }

  /** The running instance of the machine, with the clone that it really has. */
  record Instance(
      boolean ready,
      boolean running,
      boolean terminating,
      int cloneNumber,
      String ip,
      String node,
      String trouble) {}

  /** A root disk of the desktop: the current one, the next, or one of the past. */
  record Clone(
      String name,
      int number,
      String imageVersion,
      boolean ours,
      boolean bound,
      boolean terminating,
      boolean placed) {
    boolean usable() {
      return ours && !terminating;
    }
  }

  Optional<Clone> clone(int number) {
    return clones.stream().filter(clone -> clone.number() == number).findFirst();
  }

  int highestCloneNumber() {
    return clones.stream().mapToInt(Clone::number).max().orElse(0);
  }

  /** The clone number that the holder writes on, or 0. */
  int heldCloneNumber() {
    return spec.claimRef() == null ? 0 : spec.claimRef().cloneNumber();
  }
}
