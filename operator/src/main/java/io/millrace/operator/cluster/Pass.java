package io.millrace.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.function.Supplier;

/** What all passes share: how soon to look again, and what to do when the observation was stale. */
public final class Pass {
  /** The caches are behind by a moment. */
  public static final Duration SOON = Duration.ofMillis(100);

  /** A name that is needed is still held by an object that is going, or by somebody else. */
  public static final Duration BLOCKED = Duration.ofSeconds(1);

  /** Something is under way; its event comes first, and this is in case one gets lost. */
  public static final Duration RECHECK = Duration.ofSeconds(5);

  private static final int UNPROCESSABLE = 422;

  private Pass() {}

  /**
   * Runs one pass. A conflict means that the pass was planned on an older version of an object than
   * the API server has: nothing was done, and the next pass sees the new one.
   */
  public static <P extends HasMetadata> UpdateControl<P> run(Supplier<UpdateControl<P>> pass) {
    try {
      return pass.get();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return UpdateControl.<P>noUpdate().rescheduleAfter(SOON);
      }
      throw e;
    }
  }

  /** Whether the API server, or an admission webhook, says that the request itself is wrong. */
  public static boolean isRefusal(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_BAD_REQUEST
        || e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        || e.getCode() == UNPROCESSABLE;
  }

  /** What it says, for a condition. */
  public static String refusal(KubernetesClientException e) {
    String said = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
    return "the API server refuses it: " + said;
  }
}
