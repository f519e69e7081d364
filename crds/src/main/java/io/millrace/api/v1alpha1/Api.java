package io.millrace.api.v1alpha1;

/** The coordinates that all kinds share. */
public final class Api {
  public static final String GROUP = "millrace.io";
  public static final String VERSION = "v1alpha1";

  /** A DNS label: what names of versions and prefixes must be. */
  static final String DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

  /** A byte count as Kubernetes writes it, without fractions: 10Gi, 512Mi, 1073741824. */
  static final String BYTES = "^[1-9][0-9]{0,17}(Ki|Mi|Gi|Ti|k|M|G|T)?$";

  /**
   * The largest volume that the engine makes bounds every size, so that no sum of two overflows.
   */
  static final String SIZE_RULE =
      "!has(self.size) || quantity(self.size).compareTo(quantity('64Ti')) <= 0";

  static final String SIZE_MESSAGE = "a disk has at most 64Ti: write a smaller size";

  private Api() {}
}
