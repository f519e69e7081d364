package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The claim that holds a desktop, and the clone that it was given. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClaimRef(
    @JsonPropertyDescription("Name of the DesktopClaim.") @Required String name,
    @JsonPropertyDescription("UID of the DesktopClaim: a later claim of the same name is another.")
        @Required
        String uid,
    @JsonPropertyDescription("The user that the claim names.") @Required String user,
    @JsonPropertyDescription(
            "Number of the clone that the user writes on. The next user gets a later one.")
        @Required
        @Min(1) int cloneNumber) {}
