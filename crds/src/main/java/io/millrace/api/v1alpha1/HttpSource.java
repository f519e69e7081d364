package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** An image file behind an http or https address, pinned by its digest. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record HttpSource(
    @JsonPropertyDescription(
            "Address of the file. Example: https://images.example.org/debian-v1.raw.")
        @Required
        @Size(min = 8, max = 2048) @Pattern("^https?://[^\\s]+$") String url,
    @JsonPropertyDescription(
            "SHA-256 of the file as it is downloaded: 64 hexadecimal digits in lower case. An image"
                + " with another digest is never taken.")
        @Required
        @Size(min = 64, max = 64) @Pattern("^[0-9a-f]{64}$") String sha256,
    @JsonPropertyDescription(
            "Format of the file. It is never guessed: a raw image could pass itself off as"
                + " another format that names files of the node.")
        @Required
        ImageFormat format) {}
