package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** N equal desktops, each a KubeVirt virtual machine on its own clone of a golden image. */
@JsonClassDescription(
    "N equal desktops, each a KubeVirt virtual machine on its own clone of a golden image.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@ShortNames("dp")
@Categories("millrace")
@ValidationRule(
    value = "size(self.metadata.name) <= 50 && !self.metadata.name.contains('.')",
    message =
        "a pool name has at most 50 characters and no dot: <pool>-<n> becomes the guest's host name")
@AdditionalPrinterColumn(
    name = "Desired",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".spec.replicas")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.readyReplicas")
@AdditionalPrinterColumn(
    name = "Claimed",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.claimed")
@AdditionalPrinterColumn(
    name = "Updated",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.updated")
@AdditionalPrinterColumn(
    name = "Image",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.image.name")
@AdditionalPrinterColumn(
    name = "Version",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.image.version")
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public final class DesktopPool extends CustomResource<DesktopPoolSpec, DesktopPoolStatus>
    implements Namespaced {}
