package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The root disk of a desktop. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(value = Api.SIZE_RULE, fieldPath = ".size", message = Api.SIZE_MESSAGE)
public record PoolStorage(
    @JsonPropertyDescription("StorageClass of the clones. Example: millrace.")
        @Default("millrace")
        @Size(min = 1, max = 253) String className,
    @JsonPropertyDescription(
            "Size of the disk in bytes if it is to be larger than the image; a smaller value counts"
                + " as the image's size. Example: 40Gi.")
        @Pattern(Api.BYTES) @Size(min = 1, max = 20) @Nullable String size) {}
