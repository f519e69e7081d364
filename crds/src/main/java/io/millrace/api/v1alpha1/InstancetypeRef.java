package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A KubeVirt instancetype, of the cluster or of the namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record InstancetypeRef(
    @JsonPropertyDescription(
            "VirtualMachineClusterInstancetype or VirtualMachineInstancetype (of the namespace).")
        @Default("VirtualMachineClusterInstancetype")
        @Pattern("^VirtualMachine(Cluster)?Instancetype$") String kind,
    @JsonPropertyDescription("Name of the instancetype.") @Required @Size(min = 1, max = 253) String name) {}
