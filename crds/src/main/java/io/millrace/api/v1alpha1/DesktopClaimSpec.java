package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Who wants a desktop of which pool. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self == oldSelf",
    message = "a claim never changes: delete it and make a new one")
public record DesktopClaimSpec(
    @JsonPropertyDescription("Name of the DesktopPool, in the same namespace. Example: office.")
        @Required
        @Size(min = 1, max = 50) String poolName,
    @JsonPropertyDescription("The user, as the session broker knows them. Example: ann.")
        @Required
        @Size(min = 1, max = 256) String user) {}
