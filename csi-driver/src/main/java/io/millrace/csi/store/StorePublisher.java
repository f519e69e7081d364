package io.millrace.csi.store;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.api.v1alpha1.Store;
import io.millrace.csi.engine.EngineClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the {@code Store} object of this node true: looks at the engine every second, at the object
 * every 15 s or so, and at both at once when the readiness has changed.
 *
 * <p>One thread of its own does all of it, so a slow API server holds up nothing else; what goes
 * wrong is logged when it begins and when it ends, and tried again. What is remembered between
 * passes is only what the API server has confirmed; after a failure and at start it is read anew.
 */
public final class StorePublisher implements AutoCloseable {
  private static final Logger log = Logger.getLogger(StorePublisher.class);
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(15);
  private static final Duration REPORT_JITTER = Duration.ofSeconds(3);
  private static final Duration ENGINE_TIMEOUT = Duration.ofSeconds(3);
  private static final int NO_TROUBLE = -1;

  private final String nodeName;
  private final EngineClient engine;
  private final PublishedStores stores;
  private final Clock clock = Clock.systemUTC();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("store-publisher").factory());

  private Instant reportAt = Instant.MIN;
  private String reportedReason = "";
  private int trouble = NO_TROUBLE;

  /** The node's objects as the API server has confirmed them; null when that must be asked. */
  private @Nullable List<Store> confirmed;

  private StorePublisher(String nodeName, EngineClient engine, Supplier<KubernetesClient> client) {
    this.nodeName = nodeName;
    this.engine = engine;
    this.stores = new PublishedStores(client);
  }

  /**
   * @param client asked for when it is used: a configuration that makes none is trouble like other
   */
  public static StorePublisher start(
      String nodeName, EngineClient engine, Supplier<KubernetesClient> client) {
    var publisher = new StorePublisher(nodeName, engine, client);
    var _ =
        publisher.thread.scheduleWithFixedDelay(
            publisher::look, 0, LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    return publisher;
  }

  private void look() {
    EngineAnswer answer = EngineAnswer.of(engine, ENGINE_TIMEOUT);
    String reason = Readiness.of(nodeName, answer).reason();
    Instant now = clock.instant();
    if (reason.equals(reportedReason) && now.isBefore(reportAt)) {
      return;
    }
    reportedReason = reason;
    reportAt = now.plus(REPORT_INTERVAL).plus(jitter());
    report(answer, now);
  }

  /** So that the nodes of a cluster that started together don't report together for ever. */
  private static Duration jitter() {
    long limit = REPORT_JITTER.toMillis();
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(-limit, limit));
  }

  private void report(EngineAnswer answer, Instant now) {
    try {
      publish(answer, now);
      if (trouble != NO_TROUBLE) {
        log.info("the node's Store object is published, the trouble is over");
      }
      trouble = NO_TROUBLE;
    } catch (KubernetesClientException e) {
      complain(e.getCode(), e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage());
    } catch (RuntimeException e) {
      // Nothing that is wrong here may end the reports, let alone the driver.
      complain(0, e.toString());
    }
  }

  private void publish(EngineAnswer answer, Instant now) {
    List<Store> known = confirmed == null ? stores.of(nodeName) : confirmed;
    confirmed = null;
    List<Store> due = StoreReport.due(nodeName, answer, known, now);
    for (Store store : due) {
      if (!contains(known, store)) {
        stores.apply(store);
      }
      stores.applyStatus(store);
    }
    confirmed = merged(known, due);
  }

  private static List<Store> merged(List<Store> known, List<Store> written) {
    List<Store> merged = new ArrayList<>(written);
    known.stream().filter(store -> !contains(written, store)).forEach(merged::add);
    return merged;
  }

  private static boolean contains(List<Store> stores, Store wanted) {
    return stores.stream()
        .anyMatch(s -> s.getMetadata().getName().equals(wanted.getMetadata().getName()));
  }

  /** Once for each kind of trouble: HTTP status, 0 for none. */
  private void complain(int code, @Nullable String cause) {
    if (trouble != code && !thread.isShutdown()) {
      log.warnf(
          "can't publish the node's Store object, trying again every %d s: %s",
          REPORT_INTERVAL.toSeconds(), cause);
    }
    trouble = code;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
