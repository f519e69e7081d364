package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A user asks a pool for a desktop; deleting the claim gives the desktop back and resets it. */
@JsonClassDescription(
    "A user asks a pool for a desktop. Deleting the claim gives the desktop back; it is reset before the next user gets it.")
@Group(Api.GROUP)
@Version(Api.VERSION)
@ShortNames("dc")
@Categories("millrace")
@AdditionalPrinterColumn(
    name = "Pool",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.poolName")
@AdditionalPrinterColumn(
    name = "User",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.user")
@AdditionalPrinterColumn(
    name = "Phase",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.phase")
@AdditionalPrinterColumn(
    name = "Desktop",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.desktopName")
@AdditionalPrinterColumn(
    name = "IP",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.ip")
@AdditionalPrinterColumn(
    name = "Queue",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.queuePosition",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public final class DesktopClaim extends CustomResource<DesktopClaimSpec, DesktopClaimStatus>
    implements Namespaced {}
