package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** How many desktops are on one image version. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record VersionCount(
    @JsonPropertyDescription("Name of the image version.") @Required String version,
    @JsonPropertyDescription("Desktops on it.") @Required int desktops) {}
