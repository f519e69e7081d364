package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.api.v1alpha1.Desktop;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.guest.Guest;
import io.millrace.e2e.guest.GuestStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A desktop passes from one user to the next, and nothing of the first is left on it. */
@ExtendWith(OnCluster.class)
final class ClaimE2E {
  private static final String POOL = "floating";

  @BeforeAll
  static void onePool(Cluster cluster) throws Exception {
    Given.image(cluster);
    Given.pool(cluster, POOL, 1, "v1");
  }

  @AfterAll
  static void end(Cluster cluster) {
    cluster.release("first");
    cluster.release("second");
    Given.noPool(cluster, POOL);
  }

  @Test
  void theNextUserDoesNotSeeTheFileOfTheLast(Cluster cluster) throws Exception {
    cluster.claim("first", POOL, "ann");
    Desktop anns = cluster.awaitBound("first", Given.BOOT_LIMIT);
    Cluster.awaitLogin(anns, Given.BOOT_LIMIT);
    Guest guest = States.guest(anns);
    guest.write("secret.txt", "of ann");
    assertEquals("of ann", guest.read("secret.txt").strip());

    cluster.claim("second", POOL, "bob");
    cluster.release("first");
    Desktop bobs = cluster.awaitBound("second", Given.BOOT_LIMIT);

    assertEquals(anns.getMetadata().getName(), bobs.getMetadata().getName());
    assertTrue(States.cloneNumber(bobs) > States.cloneNumber(anns));
    assertTrue(States.resetMillis(bobs) > 0);
    System.out.println("reset took " + States.resetMillis(bobs) + " ms");
    GuestStatus seenByBob = Cluster.awaitLogin(bobs, Given.BOOT_LIMIT);
    assertFalse(seenByBob.files().contains("secret.txt"), seenByBob.files().toString());
    assertEquals(1, seenByBob.boots(), "a fresh clone has been booted once");
  }
}
