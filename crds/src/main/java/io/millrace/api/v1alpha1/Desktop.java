package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** One desktop of a pool: a slot with a lasting identity, and the clone that it runs on now. */
@JsonClassDescription(
    "One desktop of a pool: a slot with a lasting identity, and the clone that it runs on now. The operator makes and deletes desktops; scale the pool instead.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@ShortNames("dt")
@Categories("millrace")
@AdditionalPrinterColumn(
    name = "Pool",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.poolName")
@AdditionalPrinterColumn(
    name = "Phase",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.phase")
@AdditionalPrinterColumn(
    name = "User",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.claimRef.user")
@AdditionalPrinterColumn(
    name = "Version",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.imageVersion")
@AdditionalPrinterColumn(
    name = "IP",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.ip")
@AdditionalPrinterColumn(
    name = "Reset-ms",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.timings.resetMillis",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Node",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.nodeName",
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
public final class Desktop extends CustomResource<DesktopSpec, DesktopStatus>
    implements Namespaced {}
