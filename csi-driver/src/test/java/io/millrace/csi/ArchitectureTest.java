package io.millrace.csi;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * The arrows: grpc → provision, mount, store → engine → volume; nobody knows the program that wires
 * them.
 */
class ArchitectureTest {
  private static final ImportOption NOT_GENERATED = location -> !location.contains("/proto/");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(NOT_GENERATED)
          .importPackages("io.millrace.csi");

  @Test
  void theDriverKnowsTheEngineByItsApiOnly() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.csi..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.millrace.engine.core..", "io.millrace.engine.daemon..", "io.millrace.operator..")
        .check(CLASSES);
  }

  @Test
  void onlyTheStorePackageSpeaksOfKubernetesObjects() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.millrace.csi.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.millrace.api..", "io.fabric8.kubernetes.api..")
        .check(CLASSES);
  }

  @Test
  void onlyTheProgramAndTheStorePackageKnowTheApiServer() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.millrace.csi", "io.millrace.csi.store..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.fabric8..")
        .check(CLASSES);
  }

  @Test
  void whatIsReportedIsDecidedWithoutTheApiServer() {
    noClasses()
        .that()
        .haveSimpleNameStartingWith("StoreReport")
        .or()
        .haveSimpleNameStartingWith("Readiness")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client.dsl..",
            "io.millrace.csi.engine..",
            "io.grpc..",
            "io.quarkus..")
        .check(CLASSES);
  }

  @Test
  void generatedCsiTypesStayInTheGrpcPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.millrace.csi.grpc..", "io.millrace.csi.proto..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.millrace.csi.proto..")
        .check(CLASSES);
  }

  @Test
  void decisionsKnowNoGrpcNoEngineAndNoFramework() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.csi.volume..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc..",
            "io.quarkus..",
            "io.millrace.engine..",
            "com.google.protobuf..",
            "java.io..")
        .check(CLASSES);
  }

  @Test
  void onlyHostToolsStartsProcesses() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.millrace.csi.mount.HostTools")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.millrace.csi.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void namesSayWhatThingsAre() {
    classes()
        .that()
        .resideInAnyPackage(
            "io.millrace.csi",
            "io.millrace.csi.grpc",
            "io.millrace.csi.mount",
            "io.millrace.csi.volume",
            "io.millrace.csi.provision",
            "io.millrace.csi.engine",
            "io.millrace.csi.store",
            "io.millrace.csi.registration")
        .should()
        .haveNameNotMatching(".*(Utils?|Helper|Manager|Impl)$|.*\\.(Abstract|Base)[A-Z].*")
        .check(CLASSES);
  }
}
