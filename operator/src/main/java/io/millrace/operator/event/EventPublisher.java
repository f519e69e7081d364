package io.millrace.operator.event;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.operator.Labels;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes events. Called by reconcilers on transitions only. An event is a courtesy: one that
 * can't be published is logged and the pass goes on.
 */
public final class EventPublisher {
  private static final Logger log = LoggerFactory.getLogger(EventPublisher.class);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** The API server's limit on a note. */
  private static final int NOTE_CHARACTERS_MAX = 1024;

  private final KubernetesClient client;
  private final Clock clock;

  public EventPublisher(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  public void publish(HasMetadata regarding, EventReason reason, String note) {
    Instant now = clock.instant();
    String namespace = regarding.getMetadata().getNamespace();
    String object = regarding.getMetadata().getName();
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withGenerateName(object + "-")
            .endMetadata()
            .withEventTime(new MicroTime(MICROS.format(now)))
            .withReportingController("millrace.io/operator")
            .withReportingInstance(Labels.OPERATOR)
            .withAction(reason.text())
            .withReason(reason.text())
            .withType(reason.type())
            .withNote(note.substring(0, Math.min(note.length(), NOTE_CHARACTERS_MAX)))
            .withRegarding(
                new ObjectReferenceBuilder()
                    .withApiVersion(regarding.getApiVersion())
                    .withKind(regarding.getKind())
                    .withNamespace(namespace)
                    .withName(object)
                    .withUid(regarding.getMetadata().getUid())
                    .build())
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      log.warn(
          "{} {}/{}: no event {}: {}",
          regarding.getKind(),
          namespace,
          object,
          reason,
          e.getMessage());
    }
  }
}
