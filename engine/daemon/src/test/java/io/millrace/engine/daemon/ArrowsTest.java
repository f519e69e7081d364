package io.millrace.engine.daemon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom: the daemon knows the core and the API, and nothing else of ours. */
final class ArrowsTest {
  private static final String HERE = "io.millrace.engine.daemon..";

  private final JavaClasses ours =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.millrace.engine.daemon");

  @Test
  void theDaemonUsesTheEngineOnly() {
    noClasses()
        .that()
        .resideInAPackage(HERE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.millrace.api..", "io.millrace.csi..", "io.millrace.operator..")
        .check(ours);
  }

  @Test
  void onlyTheLinuxPackageMakesNativeCalls() {
    noClasses()
        .that()
        .resideInAPackage(HERE)
        .and()
        .resideOutsideOfPackage("io.millrace.engine.daemon.linux")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .check(ours);
  }

  @Test
  void theKernelSeamKnowsNothingOfOurs() {
    classes()
        .that()
        .resideInAPackage("io.millrace.engine.daemon.linux")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.jspecify..", "io.millrace.engine.daemon.linux")
        .check(ours);
  }

  @Test
  void theSharedWordsKnowOnlyTheCore() {
    classes()
        .that()
        .resideInAPackage("io.millrace.engine.daemon")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "org.jspecify..", "io.millrace.engine.core", "io.millrace.engine.daemon")
        .check(ours);
  }

  @Test
  void theDaemonNeverStartsAProcess() {
    noClasses()
        .that()
        .resideInAPackage(HERE)
        .and()
        .doNotHaveSimpleName("StoreImport") // a command line, in a process of its own
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ProcessBuilder")
        .because("a fork while requests are copied would fail them when the daemon is killed")
        .check(ours);
  }

  @Test
  void packagesHaveNoCycle() {
    slices().matching("io.millrace.engine.daemon.(*)..").should().beFreeOfCycles().check(ours);
  }
}
