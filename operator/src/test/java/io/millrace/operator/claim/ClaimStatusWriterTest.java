package io.millrace.operator.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopClaimStatus;
import io.millrace.operator.status.Conditions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClaimStatusWriterTest {
  private static final DesktopClaim CLAIM =
      Serialization.unmarshal(
          """
          apiVersion: millrace.io/v1alpha1
          kind: DesktopClaim
          metadata: {name: ann, generation: 1}
          spec: {poolName: office, user: ann}
          """,
          DesktopClaim.class);
  private static final Plan BOUND =
      new Plan(List.of(), "office-0", 0, "Bound", "has desktop office-0");

  @Test
  void claimIsReadyWhenItsDesktopAnswersAtAnAddress() {
    DesktopClaimStatus status = status("ip: 10.0.0.7");
    assertEquals(true, Conditions.holds(status.conditions(), Conditions.READY));
    assertEquals("10.0.0.7", status.ip());
  }

  @Test
  void desktopWithoutAnAddressIsBoundAndNotReady() {
    DesktopClaimStatus status = status("nodeName: node1");
    assertEquals(true, Conditions.holds(status.conditions(), "Bound"));
    assertEquals(false, Conditions.holds(status.conditions(), Conditions.READY));
    assertNull(status.ip());
  }

  private static DesktopClaimStatus status(String more) {
    Desktop desktop =
        Serialization.unmarshal(
            """
            apiVersion: millrace.io/v1alpha1
            kind: Desktop
            metadata: {name: office-0, generation: 3}
            spec: {poolName: office, slot: 0, image: {name: debian, version: v1}, templateHash: h, running: true}
            status: {observedGeneration: 3, %s, conditions: [{type: Ready, status: "True"}]}
            """
                .formatted(more),
            Desktop.class);
    return ClaimStatusWriter.status(CLAIM, List.of(desktop), BOUND, Instant.EPOCH);
  }
}
