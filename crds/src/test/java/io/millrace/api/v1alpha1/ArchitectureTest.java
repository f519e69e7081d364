package io.millrace.api.v1alpha1;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void theModelUsesNothingButTheFabric8Model() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "io.millrace.api..",
            "io.fabric8.kubernetes.api.model..",
            "io.fabric8.kubernetes.model..",
            "io.fabric8.kubernetes.client",
            "io.fabric8.crd.generator.annotation..",
            "io.fabric8.generator.annotation..",
            "com.fasterxml.jackson.annotation..",
            "org.jspecify..")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.millrace.api"));
  }
}
