package io.millrace.engine.sim;

/**
 * Which of n writes survive: none (0), all (1), one alone (2 to n + 1), all but one (n + 2 to 2n +
 * 1).
 */
record Subset(int choice) implements Survival.Choice {
  @Override
  public void keep(int index, int count, byte[] data, Survival.Kept kept) {
    boolean keeps =
        choice == 1 || choice == index + 2 || (choice >= count + 2 && choice != count + 2 + index);
    if (keeps) {
      kept.range(0, data.length);
    }
  }
}
