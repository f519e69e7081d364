package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A version of a GoldenImage in the same namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ImageRef(
    @JsonPropertyDescription("Name of the GoldenImage, in the same namespace. Example: debian.")
        @Required
        @Size(min = 1, max = 63) String name,
    @JsonPropertyDescription("Name of one of its versions. Example: v1.")
        @Required
        @Size(min = 1, max = 40) String version) {}
