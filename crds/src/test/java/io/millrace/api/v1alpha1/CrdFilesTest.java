package io.millrace.api.v1alpha1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class CrdFilesTest {
  @BeforeAll
  static void writeIfAsked() throws IOException {
    if (Boolean.getBoolean("millrace.crds.write")) {
      CrdFiles.write();
    }
  }

  @Test
  void committedFilesAreWhatTheModelGenerates() throws IOException {
    for (Map.Entry<String, String> file : CrdFiles.generate().entrySet()) {
      assertEquals(
          file.getValue(),
          Files.readString(CrdFiles.FOLDER.resolve(file.getKey())),
          file.getKey()
              + " is out of date: run mvn -pl crds test -Dmillrace.crds.write=true and commit it");
    }
  }

  @Test
  void noFileIsCommittedThatTheModelDoesNotGenerate() throws IOException {
    try (var files = Files.list(CrdFiles.FOLDER)) {
      Set<String> committed =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> !name.equals("kustomization.yaml"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(CrdFiles.generate().keySet(), committed);
    }
  }

  @Test
  void everyFieldOfASpecIsDescribed() {
    CrdFiles.generate().values().forEach(yaml -> assertDescribed(root(yaml), "spec"));
  }

  private static JSONSchemaProps root(String yaml) {
    return CrdFiles.property(
        Serialization.unmarshal(yaml, CustomResourceDefinition.class)
            .getSpec()
            .getVersions()
            .getFirst()
            .getSchema()
            .getOpenAPIV3Schema(),
        "spec");
  }

  /** Free-form parts are KubeVirt's to describe. */
  private static void assertDescribed(JSONSchemaProps schema, String path) {
    boolean freeForm = Boolean.TRUE.equals(schema.getXKubernetesPreserveUnknownFields());
    if (schema.getProperties() == null || freeForm) {
      return;
    }
    schema
        .getProperties()
        .forEach(
            (name, property) -> {
              String child = path + "." + name;
              assertFalse(
                  property.getDescription() == null || property.getDescription().isBlank(),
                  child + " has no description");
              assertDescribed(property, child);
              if (property.getItems() != null) {
                assertDescribed(property.getItems().getSchema(), child + "[]");
              }
            });
  }
}
