package io.millrace.operator.image;

import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.GoldenImageStatus;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.operator.status.Conditions;
import java.time.Instant;
import java.util.List;

/** Says how an image stands: the only place that makes its status. Pure. */
final class ImageStatusWriter {
  private ImageStatusWriter() {}

  static GoldenImageStatus status(GoldenImage image, Plan plan, Instant now) {
    GoldenImageStatus before = image.getStatus();
    long generation = image.getMetadata().getGeneration();
    boolean stalled = !plan.stalled().isEmpty();
    boolean ready =
        plan.stalled().isEmpty()
            && plan.versions().stream()
                .allMatch(
                    v ->
                        v.phase() == ImageVersionPhase.READY
                            || v.phase() == ImageVersionPhase.RETIRING);
    boolean working =
        !stalled && (!plan.actions().isEmpty() || !ready || isRetiring(plan.versions()));
    String reason = stalled ? plan.stalled() : ready ? "Ready" : "Progressing";
    return new GoldenImageStatus(
        generation,
        plan.versions(),
        Conditions.after(before == null ? null : before.conditions(), generation, now)
            .set(Conditions.READY, ready, reason, plan.message())
            .set(Conditions.RECONCILING, working, reason, plan.message())
            .set(Conditions.STALLED, stalled, reason, plan.message())
            .build());
  }

  private static boolean isRetiring(List<ImageVersionStatus> versions) {
    return versions.stream().anyMatch(v -> v.phase() == ImageVersionPhase.RETIRING);
  }
}
