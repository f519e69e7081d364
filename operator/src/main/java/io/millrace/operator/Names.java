package io.millrace.operator;

/**
 * Names of the objects that the operator makes: each follows from what the object is for, so that a
 * second pass meets the object of the first instead of making another.
 */
public final class Names {
  private Names() {}

  /** A desktop, its virtual machine and its guest's host name. */
  public static String desktop(String pool, int slot) {
    return pool + "-" + slot;
  }

  /** The claim of a desktop's nth clone. */
  public static String clone(String desktop, int number) {
    return desktop + "-os-" + number;
  }

  /** An image version's snapshot. Neither name has a dot in its last part, so no two collide. */
  public static String snapshot(String image, String version) {
    return image + "." + version;
  }

  /** The pod and the claim that a version is imported with. */
  public static String importer(String image, String version) {
    return snapshot(image, version) + ".import";
  }
}
