package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What versions an image has and where their clones are kept. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record GoldenImageSpec(
    @JsonPropertyDescription(
            "StorageClass of the volume that a version is imported into. Desktops can only be"
                + " cloned into a class of the same driver. Example: millrace.")
        @Default("millrace")
        @Size(min = 1, max = 253) String storageClassName,
    @JsonPropertyDescription(
            "VolumeSnapshotClass of the snapshot that a version becomes. Example: millrace.")
        @Default("millrace")
        @Size(min = 1, max = 253) String snapshotClassName,
    @JsonPropertyDescription(
            "The versions of the image. A version is imported once and never changes; to publish a"
                + " change, add a version with a new name. A version that is taken off the list is"
                + " removed as soon as no pool and no desktop uses it.")
        @Required
        @Size(min = 1, max = 32) List<ImageVersion> versions) {}
