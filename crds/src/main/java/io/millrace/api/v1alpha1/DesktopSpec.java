package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** What the pool and a claim want of a desktop. People read it; the operator writes it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self.poolName == oldSelf.poolName && self.slot == oldSelf.slot",
    message = "poolName and slot are the identity of a desktop and never change: delete it instead")
public record DesktopSpec(
    @JsonPropertyDescription("The pool that the desktop belongs to.")
        @Required
        @Size(min = 1, max = 50) String poolName,
    @JsonPropertyDescription(
            "Index in the pool, from 0. Host name, MAC address, firmware UUID and serial follow"
                + " from namespace, pool and slot, and outlive every clone.")
        @Required
        @Min(0) int slot,
    @JsonPropertyDescription("The image version to be on, as soon as nobody uses the desktop.")
        @Required
        ImageRef image,
    @JsonPropertyDescription("Hash of the pool's template and storage to be on, likewise.")
        @Required
        @Size(min = 1, max = 63) String templateHash,
    @JsonPropertyDescription("Whether the desktop runs while nobody has claimed it.") @Required
        boolean running,
    @JsonPropertyDescription(
            "The claim that holds the desktop. It stays until the reset after the claim's end is"
                + " proven: only a desktop without it can be given to the next user.")
        @Nullable ClaimRef claimRef) {}
