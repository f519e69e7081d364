package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Where the store is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self == oldSelf",
    message =
        "a store stays with its node: if its disk has moved to another node, delete this object and"
            + " that node publishes it anew")
public record StoreSpec(
    @JsonPropertyDescription(
            "Node whose engine serves the store; only that node's driver may write this object. The"
                + " object stays when the node is gone; delete it by hand then. Example: node1.")
        @Required
        @Size(min = 1, max = 253) String nodeName) {}
