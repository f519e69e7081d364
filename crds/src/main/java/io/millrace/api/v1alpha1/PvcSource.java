package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A bound PersistentVolumeClaim, raw block, in the namespace of the image. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record PvcSource(
    @JsonPropertyDescription("Name of the PersistentVolumeClaim. Example: debian-master.")
        @Required
        @Size(min = 1, max = 253) String name) {}
