package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.PreserveUnknownFields;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The virtual machine of each desktop. The operator adds the root disk, the identity (firmware
 * UUID, serial, MAC address, host name) and what makes a reset possible; the rest is KubeVirt's.
 *
 * @param spec a subset of KubeVirt's VirtualMachineInstanceSpec, as nested maps and lists
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "!has(self.annotations) || !self.annotations.exists(k, k.startsWith('hooks.kubevirt.io/'))",
    fieldPath = ".annotations",
    message =
        "hook sidecars run beside the hypervisor with its rights: remove the hooks.kubevirt.io"
            + " annotations")
public record DesktopTemplate(
    @JsonPropertyDescription("Labels of the virtual machine instance and its pod.") @Size(max = 32) @Nullable Map<String, String> labels,
    @JsonPropertyDescription("Annotations of the virtual machine instance and its pod.")
        @Size(max = 32) @Nullable Map<String, String> annotations,
    @JsonPropertyDescription(
            "KubeVirt instance type that gives CPU and memory; leave domain.cpu and domain.memory"
                + " out of spec then. Example: {name: u1.medium}.")
        @Nullable InstancetypeRef instancetype,
    @JsonPropertyDescription("KubeVirt preference of the guest. Example: {name: debian}.")
        @Nullable PreferenceRef preference,
    @JsonPropertyDescription(
            "A subset of KubeVirt's VirtualMachineInstanceSpec. Example: {domain: {memory: {guest:"
                + " 2Gi}, cpu: {cores: 2}}}.")
        @PreserveUnknownFields
        @Default("{}")
        Map<String, Object> spec) {}
