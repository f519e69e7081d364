package io.millrace.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The arrows of the design, as far as the operator goes. */
final class ArchitectureTest {
  private static final JavaClasses OPERATOR =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.millrace.operator");

  @Test
  void operatorUsesTheApiModelAndNothingElseOfOurs() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.millrace.engine..", "io.millrace.csi..")
        .check(OPERATOR);
  }

  @Test
  void packagesHaveNoCycle() {
    slices().matching("io.millrace.(**)").should().beFreeOfCycles().check(OPERATOR);
  }

  @Test
  void whatDecidesTouchesNeitherClusterNorClock() {
    noClasses()
        .that()
        .haveSimpleNameEndingWith("Planner")
        .or()
        .haveSimpleNameEndingWith("StatusWriter")
        .or()
        .haveSimpleNameEndingWith("Template")
        .or()
        .haveSimpleNameEndingWith("Templates")
        .or()
        .resideInAPackage("..template..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client..", "io.javaoperatorsdk..", "io.quarkus..")
        .check(OPERATOR);
  }

  @Test
  void onlyActionsAndTheirToolsWrite() {
    classes()
        .that()
        .haveSimpleName("Writes")
        .should()
        .onlyHaveDependentClassesThat()
        .haveNameMatching(
            ".*(Writes|Actions|Reconciler|DesktopObserver|ImageObserver|MachineTemplate|"
                + "CloneTemplate|ImportTemplates)(\\$.*)?")
        .check(OPERATOR);
  }

  @Test
  void nobodyAsksTheSystemForTheTime() {
    noClasses().should().callMethod(Instant.class, "now").check(OPERATOR);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(OPERATOR);
    noClasses().should().callMethod(System.class, "nanoTime").check(OPERATOR);
  }

  @Test
  void namesSayWhatAClassIs() {
    noClasses()
        .should()
        .haveNameMatching(".*(Utils|Helper|Manager|Impl)$|.*\\.(Abstract|Base)[A-Z].*")
        .check(OPERATOR);
  }

  @Test
  void classesAreFinal() {
    classes()
        .that()
        .areNotInterfaces()
        .and()
        .areNotAnonymousClasses()
        .and()
        .haveSimpleNameNotEndingWith("Reconciler")
        .and()
        .areNotEnums()
        .and()
        .haveSimpleNameNotEndingWith("package-info")
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(OPERATOR);
  }
}
