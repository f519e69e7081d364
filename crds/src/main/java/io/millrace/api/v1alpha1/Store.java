package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** The store of a node: how much it holds and whether it serves. Cluster-scoped. */
@JsonClassDescription(
    "The store of a node: how much it holds and whether it serves. Its name is the store's uuid. The CSI driver of the node publishes it. It stays when its node is gone, and may be deleted by hand: while the node lives it is published again.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@ShortNames("ms")
@Categories("millrace")
@ValidationRule(
    value = "self.metadata.name.matches('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')",
    message = "the name of a store is its uuid, in lower case")
@AdditionalPrinterColumn(
    name = "Node",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.nodeName")
@AdditionalPrinterColumn(
    name = "Capacity",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.capacityBytes")
@AdditionalPrinterColumn(
    name = "Used",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.physicalBytes")
@AdditionalPrinterColumn(
    name = "Logical",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.logicalBytes")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Free",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.freeBytes",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Volumes",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.volumes",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Amplification",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.writeAmplification",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Observed",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".status.observedTime",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public final class Store extends CustomResource<StoreSpec, StoreStatus> {}
