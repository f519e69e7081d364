package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;

/** How many desktops, of what, on what, and how they change. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self.spares == 0 || !self.running",
    fieldPath = ".spares",
    message =
        "while running is true every desktop runs and spares has no meaning: set running to false,"
            + " or spares to 0")
public record DesktopPoolSpec(
    @JsonPropertyDescription("How many desktops the pool has. Example: 20.")
        @SpecReplicas
        @Default("1")
        @Min(0) @Max(1000) int replicas,
    @JsonPropertyDescription(
            "The image and version that desktops are cloned from. Another version is rolled out to"
                + " unclaimed desktops at once and to claimed ones when they are released; setting"
                + " it back rolls back.")
        @Required
        ImageRef image,
    @JsonPropertyDescription("The virtual machine of each desktop.") @Required
        DesktopTemplate template,
    @JsonPropertyDescription("The root disk of each desktop.") @Default("{}") PoolStorage storage,
    @JsonPropertyDescription(
            "true: every desktop runs. false: a desktop is powered off until it is claimed, except"
                + " as many as spares says.")
        @Default("true")
        boolean running,
    @JsonPropertyDescription(
            "With running: false, how many unclaimed desktops are kept running for the next users."
                + " Example: 2.")
        @Default("0")
        @Min(0) @Max(1000) int spares,
    @JsonPropertyDescription("How a change reaches the desktops that exist.")
        @Default("{\"maxUnavailable\": \"25%\"}")
        Rollout rollout) {}
