package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;

/** How a new image version or template reaches the desktops that exist. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "type(self.maxUnavailable) == int ? self.maxUnavailable >= 1"
            + " : self.maxUnavailable.matches('^([1-9][0-9]?|100)%$')",
    fieldPath = ".maxUnavailable",
    message = "maxUnavailable is a number from 1 or a share from 1% to 100%: write 1 or 25%")
public record Rollout(
    @JsonPropertyDescription(
            "How many desktops may be unavailable at once: a number, or a share of replicas that is"
                + " rounded down, but is at least 1. A claimed desktop is never touched. Example: 1"
                + " or 25%.")
        @Default("25%")
        IntOrString maxUnavailable) {}
